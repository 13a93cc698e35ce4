//! How samples of an encrypted training are drawn.

use attack::InputEncoding;
use data::Shape;

/// The shape that samples are drawn in.
pub fn shape(encoding: &InputEncoding) -> Shape {
    match encoding.image_width {
        0 => Shape::Flat { len: encoding.input_len },
        width => Shape::Image { channels: 1, height: encoding.input_len / width, width },
    }
}

/// Range that samples are drawn over: that of all inputs for an image; for a table, where a few columns
/// reach much farther than the rest, that of the `values` that are shown.
pub fn scale(encoding: &InputEncoding, values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = encoding.range;
    if encoding.image_width > 0 {
        return (f64::from(low), f64::from(high));
    }
    let (low, high) = values.fold((0.0_f64, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
    (low, high.max(low + 1.0))
}
