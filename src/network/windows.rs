//! Where the windows of a convolution or pooling lie on one channel.

use super::layer::Padding;
use data::Shape;

/// For each window, which values of a channel it reads.
#[derive(Clone, Debug)]
pub struct Windows {
    /// Values in one channel of the input; also the index that stands for a zero of the padding.
    pub plane: usize,
    /// Number of windows: values in one channel of the output.
    pub positions: usize,
    /// Values in one window.
    pub area: usize,
    /// Index into the channel, `[area][positions]`; `plane` where the window reads padding.
    pub taps: Vec<u32>,
}

impl Windows {
    /// The windows between two image shapes of a checked network.
    ///
    /// A shape that is not an image gives no windows.
    pub fn new(
        input: Shape,
        output: Shape,
        kernel: (usize, usize),
        stride: (usize, usize),
        padding: Padding,
    ) -> Self {
        let (height, width) = sides(input);
        let (down, across) = sides(output);
        let plane = height * width;
        let mut taps = Vec::with_capacity(kernel.0 * kernel.1 * down * across);
        for row in 0..kernel.0 {
            for column in 0..kernel.1 {
                for i in 0..down {
                    for j in 0..across {
                        let y = (i * stride.0 + row).wrapping_sub(padding.top);
                        let x = (j * stride.1 + column).wrapping_sub(padding.left);
                        let inside = y < height && x < width;
                        taps.push(if inside { y * width + x } else { plane } as u32);
                    }
                }
            }
        }
        Self { plane, positions: down * across, area: kernel.0 * kernel.1, taps }
    }
}

fn sides(shape: Shape) -> (usize, usize) {
    match shape {
        Shape::Image { height, width, .. } => (height, width),
        Shape::Flat { .. } | Shape::Sequence { .. } => (0, 0),
    }
}
