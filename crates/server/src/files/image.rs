//! Pictures: decoded under limits and encoded anew, so that nothing but pixels comes through.
//!
//! Metadata (places, cameras, hidden payloads) is gone afterwards; the orientation it told is
//! applied. Everything here is heavy and blocks: callers wait for their [`Turn`] before they read
//! the bytes, and run the rest on a blocking thread.

use std::io::{BufRead, BufWriter, Cursor, Seek};
use std::sync::atomic::{AtomicUsize, Ordering};

use base::limits;
use image::codecs::gif::{GifDecoder, GifEncoder, Repeat};
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::metadata::Orientation;
use image::{
    AnimationDecoder, DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageFormat,
    ImageReader, Limits, imageops::FilterType,
};
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit};

const JPEG_QUALITY: u8 = 88;
const THUMB_QUALITY: u8 = 80;
/// Pixels of all frames of an animation together; larger ones are kept as plain files.
const ANIMATION_PIXELS_MAX: u64 = 2 * limits::IMAGE_PIXELS_MAX;

/// The memory and the processors are the whole process's, so the turns are, too.
static TURNS: Semaphore = Semaphore::const_new(limits::IMAGES_AT_ONCE_MAX);
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// The right to decode one picture. Goes along to the blocking thread, so that a caller who hangs
/// up does not let the next one in any earlier.
#[derive(Debug)]
pub struct Turn {
    _permit: SemaphorePermit<'static>,
}

/// Counts one caller in the queue, until dropped.
struct Place;

impl Drop for Place {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Turn {
    /// Waits for a turn; none when too many wait already.
    pub async fn come() -> Option<Self> {
        let waiting = WAITING.fetch_add(1, Ordering::Relaxed);
        let _place = Place;
        if waiting >= limits::IMAGES_WAITING_MAX {
            return None;
        }
        let permit = TURNS.acquire().await.ok()?;
        Some(Self { _permit: permit })
    }
}

/// Why a picture can not be shown.
#[derive(Debug, Error)]
pub enum PictureError {
    /// It has too many pixels.
    #[error("more pixels than allowed")]
    TooLarge,
    /// It is damaged, or of a kind that is not read.
    #[error("not an image that can be read")]
    Unreadable(#[source] ImageError),
}

impl From<ImageError> for PictureError {
    fn from(error: ImageError) -> Self {
        if matches!(error, ImageError::Limits(_)) {
            Self::TooLarge
        } else {
            Self::Unreadable(error)
        }
    }
}

/// A picture as it is kept.
#[derive(Debug)]
pub struct Picture {
    /// The new bytes.
    pub bytes: Vec<u8>,
    /// Their media type.
    pub media_type: &'static str,
    /// The usual ending of a file name.
    pub ending: &'static str,
    /// Width in pixels.
    pub width_px: u32,
    /// Height in pixels.
    pub height_px: u32,
    /// A smaller one, when the picture is larger than that.
    pub thumb: Option<Vec<u8>>,
}

/// Whether a media type is one that is shown as a picture.
#[must_use]
pub fn is_shown(media_type: &str) -> bool {
    matches!(
        media_type,
        "image/png" | "image/jpeg" | "image/gif" | "image/webp"
    )
}

fn decode_limits() -> Limits {
    let mut wanted = Limits::default();
    wanted.max_alloc = Some(limits::IMAGE_DECODE_BYTES_MAX);
    wanted
}

fn check_pixels((width, height): (u32, u32)) -> Result<(), PictureError> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 || pixels > limits::IMAGE_PIXELS_MAX {
        return Err(PictureError::TooLarge);
    }
    Ok(())
}

fn decode(source: impl BufRead + Seek) -> Result<(DynamicImage, ImageFormat), PictureError> {
    let mut reader = ImageReader::new(source)
        .with_guessed_format()
        .map_err(|error| PictureError::Unreadable(ImageError::IoError(error)))?;
    reader.limits(decode_limits());
    let format = reader.format().unwrap_or(ImageFormat::Png);
    let mut decoder = reader.into_decoder()?;
    check_pixels(decoder.dimensions())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder)?;
    picture.apply_orientation(orientation);
    Ok((picture, format))
}

/// Eight bits a channel: what every encoder here takes and every screen shows. Copies nothing when
/// it is so already.
fn flatten(picture: DynamicImage) -> DynamicImage {
    if picture.color().has_alpha() {
        DynamicImage::ImageRgba8(picture.into_rgba8())
    } else {
        DynamicImage::ImageRgb8(picture.into_rgb8())
    }
}

fn jpeg(picture: DynamicImage, quality: u8) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(&picture.into_rgb8())?;
    Ok(bytes)
}

fn png(picture: DynamicImage) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::new();
    flatten(picture).write_with_encoder(PngEncoder::new(&mut bytes))?;
    Ok(bytes)
}

fn thumb(picture: &DynamicImage) -> Result<Option<Vec<u8>>, PictureError> {
    let (width, height) = picture.dimensions();
    if width.max(height) <= limits::THUMB_SIDE_PX {
        return Ok(None);
    }
    let side = limits::THUMB_SIDE_PX;
    let small = picture.resize(side, side, FilterType::Triangle);
    let bytes = if small.color().has_alpha() {
        png(small)?
    } else {
        jpeg(small, THUMB_QUALITY)?
    };
    Ok(Some(bytes))
}

/// Reads a picture and encodes it anew, with a thumbnail when it is large.
///
/// # Errors
/// It has too many pixels or can not be read; then it may still be kept as a plain file.
pub fn convert(source: &[u8], _: &Turn) -> Result<Picture, PictureError> {
    let (picture, format) = decode(Cursor::new(source))?;
    let (width_px, height_px) = picture.dimensions();
    // A lossless encoder would blow up a photograph that came as WebP.
    let photograph = format == ImageFormat::Jpeg
        || (format == ImageFormat::WebP && !picture.color().has_alpha());
    let thumb = thumb(&picture)?;
    let (bytes, media_type, ending) = if format == ImageFormat::Gif {
        drop(picture);
        (animation(source)?, "image/gif", "gif")
    } else if photograph {
        (jpeg(picture, JPEG_QUALITY)?, "image/jpeg", "jpg")
    } else {
        (png(picture)?, "image/png", "png")
    };
    Ok(Picture {
        bytes,
        media_type,
        ending,
        width_px,
        height_px,
        thumb,
    })
}

/// Every frame of a GIF, decoded and encoded one by one.
fn animation(source: &[u8]) -> Result<Vec<u8>, PictureError> {
    let mut decoder = GifDecoder::new(Cursor::new(source))?;
    decoder.set_limits(decode_limits())?;
    let (width, height) = decoder.dimensions();
    let frame_pixels = u64::from(width) * u64::from(height);
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(BufWriter::new(&mut bytes), 10);
    encoder.set_repeat(Repeat::Infinite)?;
    let mut pixels = 0u64;
    for frame in decoder.into_frames() {
        pixels = pixels.saturating_add(frame_pixels);
        if pixels > ANIMATION_PIXELS_MAX {
            return Err(PictureError::TooLarge);
        }
        encoder.encode_frame(frame?)?;
    }
    drop(encoder);
    Ok(bytes)
}

/// Cuts the middle square out of a picture and makes it an avatar, as WebP.
///
/// # Errors
/// It has too many pixels or can not be read.
pub fn avatar(source: &[u8], _: &Turn) -> Result<Vec<u8>, PictureError> {
    let (picture, _) = decode(Cursor::new(source))?;
    let side = limits::AVATAR_SIDE_PX;
    let square = flatten(picture.resize_to_fill(side, side, FilterType::CatmullRom));
    let mut bytes = Vec::new();
    square.write_with_encoder(WebPEncoder::new_lossless(&mut bytes))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use image::{Rgb, RgbImage};

    fn sample(width: u32, height: u32) -> DynamicImage {
        DynamicImage::ImageRgb8(RgbImage::from_fn(width, height, |x, y| {
            Rgb([(x % 256) as u8, (y % 256) as u8, 90])
        }))
    }

    /// A JPEG with an Exif block that says "turn a quarter" and holds a secret.
    fn jpeg_with_exif() -> Vec<u8> {
        let plain = jpeg(sample(40, 20), 90).unwrap();
        let mut exif =
            b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"SECRET-PLACE");
        let mut bytes = plain[..2].to_vec();
        bytes.extend_from_slice(&[0xff, 0xe1]);
        bytes.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        bytes.extend_from_slice(&exif);
        bytes.extend_from_slice(&plain[2..]);
        bytes
    }

    #[tokio::test]
    async fn metadata_is_gone_and_the_orientation_it_told_is_applied() {
        let turn = Turn::come().await.unwrap();
        let source = jpeg_with_exif();
        assert!(source.windows(12).any(|window| window == b"SECRET-PLACE"));
        let picture = convert(&source, &turn).unwrap();
        assert_eq!((picture.width_px, picture.height_px), (20, 40));
        assert!(
            !picture
                .bytes
                .windows(12)
                .any(|window| window == b"SECRET-PLACE")
        );
        assert!(picture.thumb.is_none());
    }

    #[tokio::test]
    async fn a_large_picture_gets_a_small_one() {
        let turn = Turn::come().await.unwrap();
        let source = png(sample(1_500, 300)).unwrap();
        let picture = convert(&source, &turn).unwrap();
        assert_eq!(picture.media_type, "image/png");
        let small = image::load_from_memory(&picture.thumb.unwrap()).unwrap();
        assert_eq!(small.dimensions(), (720, 144));
    }

    #[tokio::test]
    async fn an_avatar_is_a_square_of_256() {
        let turn = Turn::come().await.unwrap();
        let bytes = avatar(&jpeg(sample(900, 300), 80).unwrap(), &turn).unwrap();
        let square = image::load_from_memory(&bytes).unwrap();
        assert_eq!(square.dimensions(), (256, 256));
        assert!(bytes.starts_with(b"RIFF"));
    }

    #[tokio::test]
    async fn a_bomb_of_pixels_is_refused_before_it_is_unpacked() {
        let turn = Turn::come().await.unwrap();
        let mut bytes = png(sample(8, 8)).unwrap();
        // The header of a PNG says its size in bytes 16 to 24, then its checksum in 29 to 33.
        bytes[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        bytes[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        let sum = crc(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&sum.to_be_bytes());
        assert!(matches!(
            convert(&bytes, &turn),
            Err(PictureError::TooLarge)
        ));
    }

    #[tokio::test]
    async fn pictures_are_decoded_a_few_at_a_time() {
        let mut turns = Vec::new();
        for _ in 0..limits::IMAGES_AT_ONCE_MAX {
            turns.push(Turn::come().await.unwrap());
        }
        assert!(Turn::come().now_or_never().is_none());
        assert_eq!(TURNS.available_permits(), 0);
        turns.clear();
        assert!(Turn::come().await.is_some());
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
                if crc & 1 == 1 {
                    (crc >> 1) ^ 0xedb8_8320
                } else {
                    crc >> 1
                }
            })
        })
    }

    #[tokio::test]
    async fn what_only_begins_like_a_picture_is_no_picture() {
        let turn = Turn::come().await.unwrap();
        assert!(convert(b"\x89PNG\r\n\x1a\n<script>alert(1)</script>", &turn).is_err());
        assert!(convert(b"<svg xmlns='http://www.w3.org/2000/svg'/>", &turn).is_err());
        assert!(convert(b"", &turn).is_err());
    }
}
