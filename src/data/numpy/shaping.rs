//! The axes of an array as the shape of samples.

use crate::dataset::Shape;
use crate::guess::Guess;

/// What the axes behind the first are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Axes {
    /// Rows and columns, with channels before or behind them.
    Image,
    /// Steps, and channels.
    Sequence,
    /// Values without an order.
    Table,
}

/// Where the channels of images are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    /// Before the rows, as in PyTorch.
    First,
    /// Behind the columns, as in Keras and in pictures.
    Last,
}

/// Channels that pictures have.
const USUAL: [usize; 3] = [1, 3, 4];

/// How an array becomes samples.
#[derive(Debug, PartialEq)]
pub(super) struct Shaping {
    pub samples: usize,
    pub shape: Shape,
    /// Whether channels come last in the array; they come first in samples.
    pub channels_last: bool,
    pub guess: Option<Guess>,
}

impl Shaping {
    /// Of an array with these axes, the first that of samples.
    ///
    /// # Errors
    /// In one line, when they are too few or too many for `axes`.
    pub fn of(
        dims: &[usize],
        axes: Option<Axes>,
        channels: Option<Channels>,
    ) -> Result<Self, String> {
        let Some((&samples, inner)) = dims.split_first() else {
            return Err("a single number; the first axis is that of samples".into());
        };
        let plain = |shape| Self { samples, shape, channels_last: false, guess: None };
        let flat = || plain(Shape::Flat { len: inner.iter().product() });
        let refuse =
            |what: &str| Err(format!("{} axes behind that of samples; {what}", inner.len()));
        match (axes, inner) {
            (Some(Axes::Table), _) => Ok(flat()),
            (Some(Axes::Sequence), [steps]) => {
                Ok(plain(Shape::Sequence { steps: *steps, channels: 1 }))
            }
            (Some(Axes::Sequence), [steps, channels]) => {
                Ok(plain(Shape::Sequence { steps: *steps, channels: *channels }))
            }
            (Some(Axes::Sequence), _) => refuse("sequences have 1 (steps) or 2 (steps, channels)"),
            (Some(Axes::Image) | None, [height, width]) => {
                let shape = Shape::Image { channels: 1, height: *height, width: *width };
                let text =
                    format!("axes of {height} and {width} are read as rows and columns of images");
                let guess =
                    axes.is_none().then(|| Guess::new(text, "axes=sequence, or axes=table"));
                Ok(Self { guess, ..plain(shape) })
            }
            (Some(Axes::Image) | None, [a, b, c]) => {
                Ok(Self::image(samples, [*a, *b, *c], channels))
            }
            (None, [] | [_]) => Ok(flat()),
            (Some(Axes::Image), _) => refuse("images have 2 (rows, columns) or 3, with channels"),
            (None, _) => {
                refuse("at most 3 are read; ?axes=table takes the values without their order")
            }
        }
    }

    fn image(samples: usize, [a, b, c]: [usize; 3], channels: Option<Channels>) -> Self {
        let usual = |n| USUAL.contains(&n);
        let channels_last = match channels {
            Some(channels) => channels == Channels::Last,
            // Four maps in front of rows and columns are rarer than four rows.
            None => usual(c) && (!usual(a) || a == 4 && c != 4),
        };
        let (shape, place, other) = match channels_last {
            true => (Shape::Image { channels: c, height: a, width: b }, "last", "first"),
            false => (Shape::Image { channels: a, height: b, width: c }, "first", "last"),
        };
        let guess = channels.is_none().then(|| {
            let text = format!("axes of {a}, {b} and {c} are read as images with channels {place}");
            Guess::new(text, &format!("channels={other}"))
        });
        Self { samples, shape, channels_last, guess }
    }

    /// The values with channels first.
    pub fn arranged(&self, values: Vec<f32>) -> Vec<f32> {
        let Shape::Image { channels, height, width } = self.shape else { return values };
        if !self.channels_last || channels == 1 {
            return values;
        }
        let plane = height * width;
        let sample = |pixels: &[f32]| -> Vec<f32> {
            let channel = |c: usize| pixels.iter().skip(c).step_by(channels).copied();
            (0..channels).flat_map(channel).collect()
        };
        values.chunks(plane * channels).flat_map(sample).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_become_shapes() {
        let image = |channels, height, width| Shape::Image { channels, height, width };
        use Shape::{Flat, Sequence};
        for (dims, axes, channels, shape, last) in [
            (&[9, 4][..], None, None, Flat { len: 4 }, false),
            (&[9], None, None, Flat { len: 1 }, false),
            (&[9, 28, 28], None, None, image(1, 28, 28), false),
            (&[9, 32, 32, 3], None, None, image(3, 32, 32), true),
            (&[9, 3, 32, 32], None, None, image(3, 32, 32), false),
            (&[9, 4, 5, 3], None, None, image(3, 4, 5), true),
            (&[9, 3, 32, 3], None, Some(Channels::Last), image(3, 3, 32), true),
            (&[9, 24, 2], Some(Axes::Sequence), None, Sequence { steps: 24, channels: 2 }, false),
            (&[9, 24], Some(Axes::Sequence), None, Sequence { steps: 24, channels: 1 }, false),
            (&[9, 2, 3, 4, 5], Some(Axes::Table), None, Flat { len: 120 }, false),
        ] {
            let found = Shaping::of(dims, axes, channels).unwrap();
            assert_eq!((found.shape, found.channels_last), (shape, last), "{dims:?}");
        }
        assert!(Shaping::of(&[], None, None).unwrap_err().contains("a single number"));
        assert!(Shaping::of(&[9, 1, 1, 1, 1], None, None).unwrap_err().contains("axes=table"));
        assert!(Shaping::of(&[9, 5], Some(Axes::Image), None).unwrap_err().contains("images have"));
    }

    #[test]
    fn channels_come_first() {
        let of = Shaping::of(&[1, 1, 2, 3], None, Some(Channels::Last)).unwrap();
        let turned = of.arranged(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(turned, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
