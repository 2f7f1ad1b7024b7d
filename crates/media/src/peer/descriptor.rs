//! The dependency descriptor on its way through str0m: bytes in, bytes out, read elsewhere.

use std::sync::Arc;

use str0m::rtp::{Extension, ExtensionSerializer, ExtensionValues};

/// The bytes of a descriptor.
#[derive(Debug)]
pub(super) struct Descriptor(pub(super) Arc<[u8]>);

#[derive(Debug)]
struct Serializer;

/// The most that the short form of header extensions holds (RFC 8285, 4.2).
const SHORT_BYTES_MAX: usize = 16;
/// The most that the long form holds.
const LONG_BYTES_MAX: usize = 255;

/// The extension as str0m is told of it.
pub(super) fn extension() -> Extension {
    let uri = "https://aomediacodec.github.io/av1-rtp-spec/\
               #dependency-descriptor-rtp-header-extension";
    Extension::with_serializer(uri, Serializer)
}

impl ExtensionSerializer for Serializer {
    fn write_to(&self, buffer: &mut [u8], values: &ExtensionValues) -> usize {
        let Some(Descriptor(bytes)) = values.user_values.get::<Descriptor>() else {
            return 0;
        };
        match buffer.get_mut(..bytes.len()) {
            Some(place) if bytes.len() <= LONG_BYTES_MAX => {
                place.copy_from_slice(bytes);
                bytes.len()
            }
            Some(_) | None => 0,
        }
    }

    fn parse_value(&self, bytes: &[u8], values: &mut ExtensionValues) -> bool {
        values.user_values.set(Descriptor(Arc::from(bytes)));
        true
    }

    fn is_video(&self) -> bool {
        true
    }

    fn is_audio(&self) -> bool {
        false
    }

    fn requires_two_byte_form(&self, values: &ExtensionValues) -> bool {
        let descriptor = values.user_values.get::<Descriptor>();
        descriptor.is_some_and(|it| it.0.is_empty() || it.0.len() > SHORT_BYTES_MAX)
    }
}
