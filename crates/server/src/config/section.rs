//! The shape of a section: its fields with their documentation, readable by the program itself.
//!
//! The `section!` macro writes the struct and, from the same doc comments, the table out of which
//! `docs/config.md` and `deploy/plaza.example.toml` are generated. Nothing else builds sections. An
//! entry of a list (`[[plain.routes]]`) is a section as well; `docs` knows which ones are lists.

/// One field of a section, as the documentation tells it.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its key in the file.
    pub key: &'static str,
    /// What it means, one line of the doc comment per element.
    pub doc: &'static [&'static str],
    /// An example value in TOML, for fields that are unset by default.
    pub example: Option<&'static str>,
}

/// A section of the file.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// Its name in brackets.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static [&'static str],
    /// Its fields, in the order of the file.
    pub fields: &'static [Field],
    /// What it holds when the file says nothing.
    pub defaults: fn() -> toml::Table,
}

macro_rules! section {
    (
        $(#[doc = $doc:literal])*
        $name:ident as $key:literal {
            $(
                $(#[doc = $field_doc:literal])*
                $(#[example = $example:literal])?
                $field:ident: $kind:ty = $default:expr,
            )*
        }
    ) => {
        $(#[doc = $doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $( $(#[doc = $field_doc])* pub $field: $kind, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* }
            }
        }

        impl $name {
            /// What the documentation tells of this section.
            pub const SECTION: $crate::config::section::Section = $crate::config::section::Section {
                name: $key,
                doc: &[$($doc),*],
                fields: &[$(
                    $crate::config::section::Field {
                        key: stringify!($field),
                        doc: &[$($field_doc),*],
                        example: section!(@example $($example)?),
                    },
                )*],
                defaults: || toml::Table::try_from($name::default()).unwrap_or_default(),
            };
        }
    };
    (@example) => { None };
    (@example $example:literal) => { Some($example) };
}

pub(super) use section;
