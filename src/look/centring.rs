//! A drawing brought to the size and place that the samples of a dataset have.

use super::bitmap::{Bitmap, Field};
use data::Shape;

/// How the makers of a dataset brought its pictures to their size and place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Centring {
    /// As the digits of UCI (Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, 1998): the
    /// drawing fills 32x32 dots that are black or white, and a pixel counts those of a block of 4x4.
    Blocks,
    /// As MNIST (LeCun, Cortes and Burges): the drawing fills 20x20 pixels of 28x28 in levels of grey, its
    /// centre of mass in the middle.
    Mass,
    /// As it is drawn: pictures that fill their frame.
    Whole,
}

/// Dots of a block on a side.
const BLOCK: usize = 4;
/// Share of the side that a drawing fills under [`Centring::Mass`].
const FILLED: f32 = 20.0 / 28.0;

impl Centring {
    /// That of a dataset, by its shape and name.
    pub fn of(name: &str, shape: Shape) -> Self {
        match shape {
            Shape::Image { channels: 1, height: 8, width: 8 } => Self::Blocks,
            Shape::Image { channels: 1, height: 28, width: 28 } if !name.contains("fashion") => {
                Self::Mass
            }
            _ => Self::Whole,
        }
    }

    /// What is done, in words.
    pub fn about(self) -> &'static str {
        match self {
            Self::Blocks => "scaled to 32x32 dots; each pixel counts the dots of a block of 4x4",
            Self::Mass => "scaled to 20x20 pixels, centred by its mass",
            Self::Whole => "as it is drawn, averaged to pixels",
        }
    }

    /// The values of a sample of `shape`, from `least` (no ink) to `most`.
    pub fn sample(self, drawing: &Bitmap, shape: Shape, (least, most): (f32, f32)) -> Vec<f32> {
        let Shape::Image { channels, height, width } = shape else { return Vec::new() };
        let grid = Grid { channels, height, width };
        let frame = Field {
            left: 0.0,
            top: 0.0,
            right: drawing.width as f32,
            bottom: drawing.height as f32,
        };
        let ink = match (self, drawing.drawn()) {
            (_, None) => vec![0.0; shape.len()],
            (Self::Whole, _) => grid.means(drawing, frame),
            (Self::Blocks, Some(drawn)) => {
                grid.blocks(drawing, filled(drawn, (height, width), 1.0))
            }
            (Self::Mass, Some(drawn)) => {
                let scaled = grid.means(drawing, filled(drawn, (height, width), FILLED));
                let (x, y) = grid.mass(&scaled);
                // The frame is moved so that the mass comes to its middle.
                let frame = filled(drawn, (height, width), FILLED);
                let pixel = (frame.right - frame.left) / width as f32;
                let (dx, dy) = (
                    (x - width as f32 / 2.0).round() * pixel,
                    (y - height as f32 / 2.0).round() * pixel,
                );
                let moved = Field {
                    left: frame.left + dx,
                    right: frame.right + dx,
                    top: frame.top + dy,
                    bottom: frame.bottom + dy,
                };
                grid.means(drawing, moved)
            }
        };
        ink.into_iter().map(|ink| least + ink.clamp(0.0, 1.0) * (most - least)).collect()
    }
}

/// The frame of the proportions of `(height, width)` in which `drawn` fills `share` and lies in the
/// middle.
fn filled(drawn: Field, (height, width): (usize, usize), share: f32) -> Field {
    let (high, wide) = (drawn.bottom - drawn.top, drawn.right - drawn.left);
    let pixel = (high / height as f32).max(wide / width as f32) / share;
    let (half_high, half_wide) = (0.5 * pixel * height as f32, 0.5 * pixel * width as f32);
    let (x, y) = (0.5 * (drawn.left + drawn.right), 0.5 * (drawn.top + drawn.bottom));
    Field { left: x - half_wide, right: x + half_wide, top: y - half_high, bottom: y + half_high }
}

/// The pixels of a sample.
#[derive(Clone, Copy)]
struct Grid {
    channels: usize,
    height: usize,
    width: usize,
}

impl Grid {
    /// Mean ink of each pixel, 0 to 1, where the sample is laid over `frame`.
    fn means(self, drawing: &Bitmap, frame: Field) -> Vec<f32> {
        let (wide, high) = (
            (frame.right - frame.left) / self.width as f32,
            (frame.bottom - frame.top) / self.height as f32,
        );
        let mut values = Vec::with_capacity(self.channels * self.height * self.width);
        for channel in 0..self.channels {
            for y in 0..self.height {
                for x in 0..self.width {
                    let (left, top) = (frame.left + x as f32 * wide, frame.top + y as f32 * high);
                    let pixel = Field { left, top, right: left + wide, bottom: top + high };
                    values.push(drawing.mean(channel, pixel));
                }
            }
        }
        values
    }

    /// Share of black dots of each block.
    fn blocks(self, drawing: &Bitmap, frame: Field) -> Vec<f32> {
        let (height, width) = (self.height * BLOCK, self.width * BLOCK);
        let dots = Self { channels: 1, height, width }.means(drawing, frame);
        let black = |x: usize, y: usize| dots.get(y * width + x).is_some_and(|ink| *ink >= 0.5);
        let block = |at: usize| {
            let (x, y) = (at % self.width * BLOCK, at / self.width * BLOCK);
            let dots = (0..BLOCK * BLOCK).filter(|dot| black(x + dot % BLOCK, y + dot / BLOCK));
            dots.count() as f32 / (BLOCK * BLOCK) as f32
        };
        (0..self.height * self.width).map(block).collect()
    }

    /// Centre of mass of values, in pixels from the upper left corner.
    fn mass(self, values: &[f32]) -> (f32, f32) {
        let mut sums = (0.0, 0.0, 0.0);
        for (at, ink) in values.iter().enumerate() {
            let (x, y) = (at % self.width, at / self.width % self.height);
            sums.0 += ink * (x as f32 + 0.5);
            sums.1 += ink * (y as f32 + 0.5);
            sums.2 += ink;
        }
        if sums.2 > 0.0 {
            (sums.0 / sums.2, sums.1 / sums.2)
        } else {
            (self.width as f32 / 2.0, self.height as f32 / 2.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: Shape = Shape::Image { channels: 1, height: 8, width: 8 };
    const MNIST: Shape = Shape::Image { channels: 1, height: 28, width: 28 };

    /// A seven, somewhere and at some size.
    fn seven(at: (f32, f32), size: f32) -> Bitmap {
        let mut bitmap = Bitmap::new(1, 112, 112);
        let place = |x: f32, y: f32| (at.0 + x * size, at.1 + y * size);
        bitmap.line(place(0.0, 0.0), place(0.6, 0.0), 0.08 * size, [1.0; 3]);
        bitmap.line(place(0.6, 0.0), place(0.2, 1.0), 0.08 * size, [1.0; 3]);
        bitmap
    }

    /// What a pixel of `side` by `side` is when the drawing is looked at point by point: an independent way.
    /// `corner` and `pixel` say where the sample lies over the drawing.
    fn points(bitmap: &Bitmap, side: usize, corner: (f32, f32), pixel: f32) -> Vec<f32> {
        const POINTS: usize = 40;
        let ink = |x: f32, y: f32| {
            let inside = x >= 0.0 && y >= 0.0 && x < 112.0 && y < 112.0;
            if inside { bitmap.ink[y as usize * 112 + x as usize] } else { 0.0 }
        };
        let value = |at: usize| {
            let (x, y) = (at % side, at / side);
            let mut sum = 0.0;
            for i in 0..POINTS * POINTS {
                let (px, py) = ((i % POINTS) as f32 + 0.5, (i / POINTS) as f32 + 0.5);
                let (px, py) = (px / POINTS as f32, py / POINTS as f32);
                sum += ink(corner.0 + (x as f32 + px) * pixel, corner.1 + (y as f32 + py) * pixel);
            }
            sum / (POINTS * POINTS) as f32
        };
        (0..side * side).map(value).collect()
    }

    /// Left, top, right, bottom of ink, by a plain search.
    fn edges(bitmap: &Bitmap) -> [f32; 4] {
        let inked: Vec<(usize, usize)> = (0..112 * 112)
            .filter(|at| bitmap.ink[*at] >= 0.1)
            .map(|at| (at % 112, at / 112))
            .collect();
        let least = |of: fn(&(usize, usize)) -> usize| inked.iter().map(of).min().unwrap() as f32;
        let most = |of: fn(&(usize, usize)) -> usize| inked.iter().map(of).max().unwrap() as f32;
        [least(|p| p.0), least(|p| p.1), most(|p| p.0) + 1.0, most(|p| p.1) + 1.0]
    }

    #[test]
    fn mnist_is_20_pixels_high_with_its_mass_in_the_middle() {
        let drawing = seven((20.0, 15.0), 60.0);
        let sample = Centring::of("mnist", MNIST).sample(&drawing, MNIST, (0.0, 255.0));
        let (mut x, mut y, mut mass) = (0.0, 0.0, 0.0);
        for (at, value) in sample.iter().enumerate() {
            x += value * ((at % 28) as f32 + 0.5);
            y += value * ((at / 28) as f32 + 0.5);
            mass += value;
        }
        assert!((x / mass - 14.0).abs() <= 0.55 && (y / mass - 14.0).abs() <= 0.55);
        let rows = (0..28).filter(|y| sample[y * 28..][..28].iter().any(|v| *v > 20.0)).count();
        assert!((19..=21).contains(&rows), "{rows}");
        // Where it lies is found by hand: the box fills 20 of 28, moved by whole pixels.
        let [left, top, right, bottom] = edges(&drawing);
        let pixel = (right - left).max(bottom - top) / 20.0;
        let corner = (0.5 * (left + right) - 14.0 * pixel, 0.5 * (top + bottom) - 14.0 * pixel);
        let same = |dx: i32, dy: i32| {
            let corner = (corner.0 + dx as f32 * pixel, corner.1 + dy as f32 * pixel);
            let expected = points(&drawing, 28, corner, pixel);
            let far = expected.iter().zip(&sample).map(|(e, s)| (255.0 * e - s).abs());
            far.fold(0.0, f32::max) < 6.0
        };
        let moves = (-3..=3).flat_map(|dx| (-3..=3).map(move |dy| (dx, dy)));
        assert_eq!(moves.filter(|(dx, dy)| same(*dx, *dy)).count(), 1);
    }

    #[test]
    fn digits_count_dots_of_blocks() {
        let drawing = seven((30.0, 30.0), 50.0);
        let sample = Centring::of("digits", DIGITS).sample(&drawing, DIGITS, (0.0, 16.0));
        let [left, top, right, bottom] = edges(&drawing);
        let dot = (right - left).max(bottom - top) / 32.0;
        let corner = (0.5 * (left + right) - 16.0 * dot, 0.5 * (top + bottom) - 16.0 * dot);
        let dots = points(&drawing, 32, corner, dot);
        let mut off = 0.0;
        for (at, value) in sample.iter().enumerate() {
            assert_eq!(value.fract(), 0.0);
            let block =
                (0..16).filter(|i| dots[(at / 8 * 4 + i / 4) * 32 + at % 8 * 4 + i % 4] >= 0.5);
            off += (block.count() as f32 - value).abs();
        }
        // A dot on the edge may fall to either side of one half.
        assert!(off <= 3.0, "{off}");
        assert!(sample[..8].iter().any(|v| *v >= 12.0) && sample[56..].iter().any(|v| *v >= 8.0));
    }

    #[test]
    fn size_and_place_of_a_drawing_make_little_difference_but_in_pictures() {
        let (one, other) = (seven((20.0, 10.0), 40.0), seven((25.0, 30.0), 70.0));
        for (name, shape, most) in [("digits", DIGITS, 16.0), ("mnist", MNIST, 255.0)] {
            let [a, b] = [&one, &other]
                .map(|drawing| Centring::of(name, shape).sample(drawing, shape, (0.0, most)));
            let far: f32 = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).sum();
            let all: f32 = a.iter().sum();
            assert!(far < 0.2 * all, "{name}: {far} of {all}");
        }
        let clothes = Centring::of("fashion-mnist", MNIST);
        assert_eq!(clothes, Centring::Whole);
        let sample = clothes.sample(&one, MNIST, (0.0, 1.0));
        let expected = points(&one, 28, (0.0, 0.0), 4.0);
        assert!(sample.iter().zip(&expected).all(|(s, e)| (s - e).abs() < 1e-4));
    }

    #[test]
    fn nothing_drawn_is_empty_ground() {
        let none = Bitmap::new(1, 112, 112);
        for centring in [Centring::Blocks, Centring::Mass, Centring::Whole] {
            assert_eq!(centring.sample(&none, DIGITS, (2.0, 16.0)), vec![2.0; 64]);
        }
    }
}
