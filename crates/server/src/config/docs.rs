//! The documentation of the configuration, generated from the sections themselves.
//!
//! `plaza config-docs` writes both files; a test tells when the committed ones are stale.

use super::plain::Route;
use super::post::PostRoute;
use super::section::{Field, Section};
use super::socketio::{self, EventRule};
use super::webhooks::Endpoint;
use super::{
    Calls, Channels, Client, Data, HttpApi, Limits, Listen, LiveKit, Log, Namespace, Origins,
    Plain, Post, Proxy, SocketIo, Webhooks,
};

const SECTIONS: &[Section] = &[
    Listen::SECTION,
    Data::SECTION,
    Origins::SECTION,
    Client::SECTION,
    Channels::SECTION,
    Namespace::SECTION,
    Limits::SECTION,
    HttpApi::SECTION,
    Webhooks::SECTION,
    Endpoint::SECTION,
    Proxy::SECTION,
    Log::SECTION,
    Plain::SECTION,
    Route::SECTION,
    Post::SECTION,
    PostRoute::SECTION,
    SocketIo::SECTION,
    socketio::Namespace::SECTION,
    EventRule::SECTION,
    Calls::SECTION,
    LiveKit::SECTION,
];

/// Sections that a file may hold any number of times: `[[name]]`.
const LISTS: &[&str] = &[
    Namespace::SECTION.name,
    Endpoint::SECTION.name,
    Route::SECTION.name,
    PostRoute::SECTION.name,
    socketio::Namespace::SECTION.name,
    EventRule::SECTION.name,
];

fn is_list(section: &Section) -> bool {
    LISTS.contains(&section.name)
}

/// The fields that are written as `key = value`; lists of tables follow as sections of their own.
fn fields(section: &Section) -> impl Iterator<Item = &Field> {
    let in_list = |field: &&Field| {
        let (name, key) = (section.name, field.key);
        let parts = |list: &&str| list.rsplit_once('.') == Some((name, key));
        LISTS.iter().any(parts)
    };
    section.fields.iter().filter(move |field| !in_list(field))
}

/// The value a field has when the file does not name it, as TOML.
fn default_text(section: &Section, field: &Field) -> String {
    (section.defaults)()
        .get(field.key)
        .map_or_else(String::new, ToString::to_string)
}

/// `deploy/plaza.example.toml`: every key with its default, commented out.
#[must_use]
pub fn example_toml() -> String {
    let mut out = String::from(
        "# Plaza's configuration. Every line is optional; what stands here are the defaults.\n\
         # Check a file with: plaza check-config --config FILE\n\
         # This file is generated (plaza config-docs); docs/config.md tells the same at length.\n",
    );
    for section in SECTIONS {
        out.push('\n');
        for line in section.doc {
            out.push_str(&format!("#{line}\n"));
        }
        if is_list(section) {
            example_of_list(&mut out, section);
            continue;
        }
        out.push_str(&format!("[{}]\n", section.name));
        for field in fields(section) {
            out.push('\n');
            for line in field.doc {
                out.push_str(&format!("#{line}\n"));
            }
            if let Some(example) = field.example {
                out.push_str(&format!("# For example: {} = {example}\n", field.key));
            }
            out.push_str(&format!(
                "#{} = {}\n",
                field.key,
                default_text(section, field)
            ));
        }
    }
    out
}

/// An entry of a list is an example only: there is none as long as the file holds none.
fn example_of_list(out: &mut String, section: &Section) {
    out.push_str(&format!("# [[{}]]\n", section.name));
    for field in fields(section) {
        let default = default_text(section, field);
        let value = field.example.map_or(default, str::to_owned);
        out.push_str(&format!("# {} = {value}\n", field.key));
    }
}

/// `docs/config.md`: the same as a page.
#[must_use]
pub fn page() -> String {
    let mut out = String::from(
        "# Configuration\n\n\
         Plaza needs none: `plaza serve --data DIR` uses the defaults below. To change one, write\n\
         a TOML file and name it with `--config FILE`. Unknown keys are errors, so a typing\n\
         mistake never passes silently; `plaza check-config --config FILE` tells before a restart\n\
         does.\n\n\
         The order in which values win: command line, environment, file, default.\n\n\
         This page is generated from the code by `plaza config-docs`.\n",
    );
    for section in SECTIONS {
        let name = section.name;
        let head = if is_list(section) {
            format!("[[{name}]]")
        } else {
            format!("[{name}]")
        };
        out.push_str(&format!("\n## `{head}`\n\n"));
        out.push_str(&format!("{}\n\n", sentence(section.doc)));
        out.push_str("| key | default | meaning |\n|---|---|---|\n");
        for field in fields(section) {
            let mut meaning = sentence(field.doc);
            if let Some(example) = field.example {
                meaning.push_str(&format!(" For example: `{example}`"));
            }
            let default = default_text(section, field);
            out.push_str(&format!("| `{}` | `{default}` | {meaning} |\n", field.key));
        }
    }
    out
}

fn sentence(doc: &[&str]) -> String {
    doc.iter()
        .map(|line| line.trim())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn committed(path: &str) -> String {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../..")
            .join(path);
        std::fs::read_to_string(path).unwrap_or_default()
    }

    #[test]
    fn the_committed_documentation_is_the_generated_one() {
        let advice = "stale: run `cargo run -p plaza -- config-docs` in the repository's root";
        assert_eq!(
            committed("deploy/plaza.example.toml"),
            example_toml(),
            "{advice}"
        );
        assert_eq!(committed("docs/config.md"), page(), "{advice}");
    }

    #[test]
    fn the_example_is_itself_a_valid_file() {
        let text: String = example_toml().lines().map(uncomment).collect();
        let config: Config = toml::from_str(&text).unwrap();
        assert_eq!(config, Config::default());
    }

    fn uncomment(line: &str) -> String {
        let is_key = line.starts_with('#') && !line.starts_with("# ") && line.contains(" = ");
        format!("{}\n", if is_key { &line[1..] } else { line })
    }
}
