//! Ink on a field of pixels.

/// Ink on a field of pixels, channel by channel, row by row: 0 where there is none, to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Bitmap {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub ink: Vec<f32>,
}

/// A part of a bitmap, in pixels from its upper left corner; it may reach over the edges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Field {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

/// Ink below this counts as none where the edges of a drawing are looked for.
const FAINT: f32 = 0.1;

impl Bitmap {
    /// A field without ink.
    pub fn new(channels: usize, height: usize, width: usize) -> Self {
        let values = channels.saturating_mul(height).saturating_mul(width);
        Self { channels, height, width, ink: vec![0.0; values] }
    }

    /// Whether there is nothing on it.
    pub fn is_empty(&self) -> bool {
        self.ink.iter().all(|ink| *ink < FAINT)
    }

    /// Draws a line of `radius` pixels to each side from one place to another, x before y, in `colour`, an
    /// amount of ink for each channel. Its edge is one pixel wide.
    pub fn line(&mut self, from: (f32, f32), to: (f32, f32), radius: f32, colour: [f32; 3]) {
        let (along_x, along_y) = (to.0 - from.0, to.1 - from.1);
        let length = (along_x * along_x + along_y * along_y).max(1e-12);
        let reach = radius + 1.0;
        let span = |a: f32, b: f32, most: usize| {
            let first = (a.min(b) - reach).max(0.0) as usize;
            first..((a.max(b) + reach).max(0.0).ceil() as usize).min(most)
        };
        for y in span(from.1, to.1, self.height) {
            for x in span(from.0, to.0, self.width) {
                let (dx, dy) = (x as f32 + 0.5 - from.0, y as f32 + 0.5 - from.1);
                let at = ((dx * along_x + dy * along_y) / length).clamp(0.0, 1.0);
                let (dx, dy) = (dx - at * along_x, dy - at * along_y);
                let covered = (radius + 0.5 - (dx * dx + dy * dy).sqrt()).clamp(0.0, 1.0);
                for (channel, ink) in (0..self.channels).zip(colour) {
                    let at = (channel * self.height + y) * self.width + x;
                    if let Some(place) = self.ink.get_mut(at) {
                        *place += covered * (ink - *place);
                    }
                }
            }
        }
    }

    /// The smallest field with all ink; `None` where there is none.
    pub fn drawn(&self) -> Option<Field> {
        let area = self.height * self.width;
        let inked = |at: usize| {
            let mut channels = (0..self.channels).map(|c| self.ink.get(c * area + at));
            channels.any(|ink| ink.is_some_and(|ink| *ink >= FAINT))
        };
        let mut found: Option<Field> = None;
        for at in (0..area).filter(|at| inked(*at)) {
            let (x, y) = ((at % self.width) as f32, (at / self.width) as f32);
            let all = found.unwrap_or(Field { left: x, top: y, right: x, bottom: y });
            found = Some(Field {
                left: all.left.min(x),
                top: all.top.min(y),
                right: all.right.max(x + 1.0),
                bottom: all.bottom.max(y + 1.0),
            });
        }
        found
    }

    /// Mean ink of a field in a channel, pixels cut by its edges counted by their share; there is none
    /// outside.
    pub fn mean(&self, channel: usize, field: Field) -> f32 {
        let share = |at: usize, from: f32, to: f32| {
            (to.min(at as f32 + 1.0) - from.max(at as f32)).max(0.0)
        };
        let span = |from: f32, to: f32, most: usize| {
            (from.max(0.0) as usize)..((to.max(0.0).ceil() as usize).min(most))
        };
        let mut sum = 0.0;
        for y in span(field.top, field.bottom, self.height) {
            let rows = share(y, field.top, field.bottom);
            for x in span(field.left, field.right, self.width) {
                let at = (channel * self.height + y) * self.width + x;
                let ink = self.ink.get(at).copied().unwrap_or(0.0);
                sum += ink * rows * share(x, field.left, field.right);
            }
        }
        let area = (field.right - field.left) * (field.bottom - field.top);
        if area > 0.0 { sum / area } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_area_of_a_line_and_a_rubber_takes_it_away() {
        let mut bitmap = Bitmap::new(1, 64, 64);
        bitmap.line((16.0, 32.0), (48.0, 32.0), 4.0, [1.0; 3]);
        let area: f32 = bitmap.ink.iter().sum();
        // A rectangle of 32 by 8 and two half discs.
        let expected = 32.0 * 8.0 + std::f32::consts::PI * 16.0;
        assert!((area - expected).abs() < 0.03 * expected, "{area} {expected}");
        let drawn = bitmap.drawn().unwrap();
        assert!((drawn.left - 12.0).abs() <= 1.0 && (drawn.bottom - 36.0).abs() <= 1.0);
        bitmap.line((0.0, 32.0), (64.0, 32.0), 8.0, [0.0; 3]);
        assert!(bitmap.is_empty() && bitmap.drawn().is_none());
        // Outside nothing happens.
        bitmap.line((-90.0, -90.0), (-80.0, -80.0), 2.0, [1.0; 3]);
        assert!(bitmap.is_empty());
    }

    #[test]
    fn means_count_cut_pixels_by_their_share() {
        let bitmap = Bitmap { channels: 1, height: 2, width: 2, ink: vec![1.0, 0.0, 0.5, 0.25] };
        let mean = |left, top, right, bottom| bitmap.mean(0, Field { left, top, right, bottom });
        assert_eq!(mean(0.0, 0.0, 2.0, 2.0), 0.4375);
        assert_eq!(mean(0.5, 0.0, 1.5, 1.0), 0.5);
        assert_eq!(mean(0.5, 0.5, 1.5, 1.5), 0.4375);
        // Half of it is outside.
        assert_eq!(mean(-1.0, 0.0, 1.0, 1.0), 0.5);
    }
}
