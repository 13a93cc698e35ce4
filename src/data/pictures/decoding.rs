//! A picture as the values of a sample.

use crate::error::DataError;
use crate::regular::open_regular;
use format::path as shown;
use image::{DynamicImage, ImageDecoder, ImageReader, Limits, imageops::FilterType};
use std::io::BufReader;
use std::path::Path;

/// Longest side of a picture, pixels.
const MAX_SIDE: u32 = 1 << 14;
/// Most bytes of a decoded picture: 44 million pixels of three channels.
const MAX_BYTES: u64 = 1 << 27;
/// And as many as its file may grow to: photographs grow less, and what is made to fill the memory more.
const MAX_GROWTH: u64 = 4;
const FREE_BYTES: u64 = 20 << 20;

/// Channels of samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    /// Brightness alone (ITU-R BT.709 weights, of the `image` crate).
    Grey,
    /// Red, green, blue.
    Rgb,
}

/// What every sample is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub height: usize,
    pub width: usize,
    pub colour: Colour,
}

impl Format {
    pub fn channels(self) -> usize {
        match self.colour {
            Colour::Grey => 1,
            Colour::Rgb => 3,
        }
    }

    /// Values of a sample.
    pub fn len(self) -> usize {
        self.channels().saturating_mul(self.height).saturating_mul(self.width)
    }
}

/// Height and width of a picture as it is seen: turned as its camera noted.
pub(super) fn measure(path: &Path) -> Result<(usize, usize), DataError> {
    let mut decoder = decoder(path)?;
    let (width, height) = decoder.dimensions();
    let turned = decoder.orientation().is_ok_and(turns);
    let (height, width) = if turned { (width, height) } else { (height, width) };
    Ok((height as usize, width as usize))
}

/// Whether height and width change places.
fn turns(orientation: image::metadata::Orientation) -> bool {
    use image::metadata::Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(orientation, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

/// Whether red, green and blue are the same in every pixel.
pub(super) fn is_grey(path: &Path) -> Result<bool, DataError> {
    Ok(match opened(path)? {
        DynamicImage::ImageLuma8(_) | DynamicImage::ImageLuma16(_) => true,
        picture => picture.into_rgb8().pixels().all(|p| p.0[0] == p.0[1] && p.0[1] == p.0[2]),
    })
}

/// The values of a picture, 0 to 255, channel by channel: laid on white where it lets something through,
/// turned as its camera noted, and brought to the height and width of `format` (triangle filter).
pub(super) fn decode(path: &Path, format: Format) -> Result<Vec<f32>, DataError> {
    let picture = opened(path)?;
    let picture = if picture.color().has_alpha() { on_white(picture) } else { picture };
    let (width, height) = (format.width as u32, format.height as u32);
    let same = (picture.width(), picture.height()) == (width, height);
    let picture = match same {
        true => picture,
        false => picture.resize_exact(width, height, FilterType::Triangle),
    };
    Ok(match format.colour {
        Colour::Grey => picture.into_luma8().iter().map(|v| f32::from(*v)).collect(),
        Colour::Rgb => {
            let pixels = picture.into_rgb8();
            let channel = |c: usize| pixels.pixels().map(move |p| f32::from(p.0[c]));
            (0..3).flat_map(channel).collect()
        }
    })
}

fn on_white(picture: DynamicImage) -> DynamicImage {
    let mut pixels = picture.into_rgba8();
    for pixel in pixels.pixels_mut() {
        let alpha = u32::from(pixel.0[3]);
        for value in &mut pixel.0[..3] {
            *value = ((u32::from(*value) * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        }
        pixel.0[3] = 255;
    }
    DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(pixels).into_rgb8())
}

fn opened(path: &Path) -> Result<DynamicImage, DataError> {
    let mut decoder = decoder(path)?;
    let orientation = decoder.orientation();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| broken(path, &e))?;
    if let Ok(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    Ok(picture)
}

fn decoder(path: &Path) -> Result<impl ImageDecoder, DataError> {
    let io = |cause| DataError::Io { path: shown(path), action: "open", cause };
    let file = open_regular(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let most = length.saturating_mul(MAX_GROWTH).saturating_add(FREE_BYTES).min(MAX_BYTES);
    let file = BufReader::new(file);
    let mut reader = ImageReader::new(file).with_guessed_format().map_err(io)?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(most);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|e| broken(path, &e))?;
    let (width, height) = decoder.dimensions();
    if decoder.total_bytes() > most {
        return Err(DataError::Layout {
            path: shown(path),
            reason: format!(
                "a picture of {width}x{height} pixels, {} bytes when decoded; at most {most} are read of a file of {length}: make it smaller",
                decoder.total_bytes()
            ),
        });
    }
    Ok(decoder)
}

fn broken(path: &Path, error: &image::ImageError) -> DataError {
    DataError::Layout {
        path: shown(path),
        reason: format!(
            "a picture that cannot be read ({}); replace or remove it",
            format::excerpt(&error.to_string().replace('\n', " "))
        ),
    }
}
