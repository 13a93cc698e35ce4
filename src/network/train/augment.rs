//! Small distortions of training images.

use data::Shape;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// How far training images are distorted; each amount is drawn anew for every image and epoch,
/// evenly between minus and plus the value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Augment {
    /// Share of the images that are distorted, 0 to 1; the others stay as they are, so that the
    /// network also sees images that no interpolation has smoothed.
    pub share: f32,
    /// Shift down and right, pixels.
    pub shift: f32,
    /// Rotation, degrees.
    pub rotate_degrees: f32,
    /// Relative change of size.
    pub scale: f32,
    /// Columns shifted per row.
    pub shear: f32,
    /// Pixels by which the points of a coarse 5x5 mesh wander, with what lies between interpolated.
    pub elastic: f32,
}

/// Points of the coarse mesh along a side.
const MESH: usize = 5;

impl Augment {
    /// Images as they are.
    pub const NONE: Self =
        Self { share: 0.0, shift: 0.0, rotate_degrees: 0.0, scale: 0.0, shear: 0.0, elastic: 0.0 };

    /// Writes the distorted `image` to `out`, the same for the same `seed`. What is not an image is
    /// copied.
    pub(super) fn apply(&self, shape: Shape, image: &[f32], seed: u64, out: &mut [f32]) {
        let Shape::Image { height, width, .. } = shape else {
            out.copy_from_slice(image);
            return;
        };
        let mut rng = StdRng::seed_from_u64(seed);
        if rng.random::<f32>() >= self.share {
            out.copy_from_slice(image);
            return;
        }
        let mut draw = |amount: f32| amount * rng.random_range(-1.0f32..=1.0);
        let angle = draw(self.rotate_degrees).to_radians();
        let (taller, wider) = (1.0 + draw(self.scale), 1.0 + draw(self.scale));
        let shear = draw(self.shear);
        let (down, right) = (draw(self.shift), draw(self.shift));
        let mut mesh = [[(0.0f32, 0.0f32); MESH]; MESH];
        if self.elastic > 0.0 {
            mesh.iter_mut().flatten().for_each(|p| *p = (draw(self.elastic), draw(self.elastic)));
        }
        let (sin, cos) = angle.sin_cos();
        let (middle_y, middle_x) = ((height as f32 - 1.0) / 2.0, (width as f32 - 1.0) / 2.0);
        for y in 0..height {
            for x in 0..width {
                let (v, u) = (y as f32 - middle_y, x as f32 - middle_x);
                let (bend_y, bend_x) = bend(&mesh, y, x, height, width);
                let from_y = (cos * v + sin * u) * taller + middle_y + down + bend_y;
                let from_x = (cos * u - sin * v) * wider + shear * v + middle_x + right + bend_x;
                for (plane, target) in
                    image.chunks(height * width).zip(out.chunks_mut(height * width))
                {
                    target[y * width + x] = sample(plane, height, width, from_y, from_x);
                }
            }
        }
    }
}

/// Displacement of a pixel: the mesh, interpolated linearly.
fn bend(
    mesh: &[[(f32, f32); MESH]; MESH],
    y: usize,
    x: usize,
    height: usize,
    width: usize,
) -> (f32, f32) {
    let along = |i: usize, len: usize| {
        let at = i as f32 * (MESH - 1) as f32 / (len.max(2) - 1) as f32;
        let cell = (at as usize).min(MESH - 2);
        (cell, at - cell as f32)
    };
    let ((row, down), (column, right)) = (along(y, height), along(x, width));
    let mix = |a: (f32, f32), b: (f32, f32), t: f32| (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t);
    let upper = mix(mesh[row][column], mesh[row][column + 1], right);
    let lower = mix(mesh[row + 1][column], mesh[row + 1][column + 1], right);
    mix(upper, lower, down)
}

/// Bilinear interpolation, zero outside the image.
fn sample(plane: &[f32], height: usize, width: usize, y: f32, x: f32) -> f32 {
    let (top, left) = (y.floor(), x.floor());
    let (down, right) = (y - top, x - left);
    let at = |row: f32, column: f32| {
        let inside = row >= 0.0 && column >= 0.0 && row < height as f32 && column < width as f32;
        if inside { plane[row as usize * width + column as usize] } else { 0.0 }
    };
    let upper = at(top, left) * (1.0 - right) + at(top, left + 1.0) * right;
    let lower = at(top + 1.0, left) * (1.0 - right) + at(top + 1.0, left + 1.0) * right;
    upper * (1.0 - down) + lower * down
}
