//! What a person draws or sets: a sample of their own, its answer, and those that were kept.

use super::bitmap::Bitmap;
use super::centring::Centring;
use super::kept::{Kept, table};
use data::{Dataset, Facts, Shape};
use inference::OwnAnswer;
use std::path::PathBuf;
use std::sync::Arc;
use worker::Failure;

/// Pixels of the longer side of a drawing, at least.
const DOTS: usize = 112;
/// Width of a pen, as a share of the longer side, to start from.
const USUAL_PEN: f32 = 0.1;
/// Features that are set by sliders, at most.
pub const MOST_SLIDERS: usize = 64;

/// What the pointer does on the pad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Pen,
    Rubber,
}

/// A feature of a table, and the range of its slider.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    pub name: String,
    pub least: f32,
    pub most: f32,
}

/// A change that a person makes.
#[derive(Clone, Debug, PartialEq)]
pub enum PadEdit {
    Take(Tool),
    /// Width of the pen, a share of the longer side.
    Width(f32),
    /// Ink of each channel, 0 to 1.
    Colour([f32; 3]),
    /// A line was drawn, in shares of the width and the height.
    Line((f32, f32), (f32, f32)),
    /// The pen was lifted, or a slider let go: what stands there is to be answered.
    Lift,
    Clear,
    /// A feature was set.
    Set(usize, f32),
    /// What it is was said.
    Label(Option<u16>),
}

/// A sample of a person's own in the making.
#[derive(Clone, Debug)]
pub struct Pad {
    /// Whether it is shown in the place of the samples of the run.
    pub open: bool,
    /// The data whose samples it is like.
    of: Option<Arc<Dataset>>,
    pub shape: Shape,
    pub classes: Vec<String>,
    /// Value of no ink, and of full ink.
    pub range: (f32, f32),
    pub centring: Centring,
    pub drawing: Bitmap,
    pub tool: Tool,
    pub width: f32,
    pub colour: [f32; 3],
    /// Features of a table, in order; empty of pictures.
    pub features: Vec<Feature>,
    /// Raw values as the data have them.
    pub raw: Vec<f32>,
    pub label: Option<u16>,
    /// The newest answer.
    pub answer: Option<Box<OwnAnswer>>,
    /// Samples that were answered.
    pub answered: usize,
    /// A newer one is on its way.
    pub pending: bool,
    /// Why there is none.
    pub failure: Option<String>,
    pub kept: Vec<Kept>,
    /// Where those that were kept are.
    pub file: Option<PathBuf>,
}

impl Default for Pad {
    fn default() -> Self {
        Self {
            open: false,
            of: None,
            shape: Shape::Flat { len: 0 },
            classes: Vec::new(),
            range: (0.0, 1.0),
            centring: Centring::Whole,
            drawing: Bitmap::new(1, 0, 0),
            tool: Tool::Pen,
            width: USUAL_PEN,
            colour: [1.0; 3],
            features: Vec::new(),
            raw: Vec::new(),
            label: None,
            answer: None,
            answered: 0,
            pending: false,
            failure: None,
            kept: Vec::new(),
            file: None,
        }
    }
}

impl Pad {
    /// Whether samples of a shape can be drawn or set.
    pub fn takes(shape: Shape) -> bool {
        match shape {
            Shape::Image { channels, .. } => matches!(channels, 1 | 3),
            Shape::Flat { len } => (1..=MOST_SLIDERS).contains(&len),
            Shape::Sequence { .. } => false,
        }
    }

    /// Becomes a pad for samples like those of `dataset`, unless it is one.
    pub fn suit(&mut self, dataset: &Arc<Dataset>) {
        if self.of.as_ref().is_some_and(|of| Arc::ptr_eq(of, dataset)) {
            return;
        }
        let same = self
            .of
            .as_ref()
            .is_some_and(|of| of.shape() == dataset.shape() && of.features() == dataset.features());
        self.of = Some(Arc::clone(dataset));
        self.classes = dataset.classes().to_vec();
        if same {
            return;
        }
        let (open, shape) = (self.open && Self::takes(dataset.shape()), dataset.shape());
        let facts = Facts::of(dataset);
        let least = facts.values.iter().map(|v| v.least).fold(f32::INFINITY, f32::min);
        let most = facts.values.iter().map(|v| v.most).fold(f32::NEG_INFINITY, f32::max);
        let feature = |(at, value): (usize, &data::ValueFacts)| Feature {
            name: dataset.features().get(at).unwrap_or(&value.name).clone(),
            least: value.least,
            most: value.most,
        };
        let (features, raw) = match shape {
            Shape::Flat { .. } => (
                facts.values.iter().enumerate().map(feature).collect(),
                facts.values.iter().map(|v| v.mean as f32).collect(),
            ),
            _ => (Vec::new(), Vec::new()),
        };
        *self = Self {
            open,
            of: self.of.take(),
            shape,
            classes: std::mem::take(&mut self.classes),
            range: if least < most { (least, most) } else { (0.0, 1.0) },
            centring: Centring::of(dataset.name(), shape),
            drawing: empty(shape),
            features,
            raw,
            ..Self::default()
        };
    }

    /// Whether there is a sample to be answered.
    pub fn has_sample(&self) -> bool {
        !self.raw.is_empty() && self.raw.len() == self.shape.len()
    }

    /// Makes a change; whether what stands there now is to be answered.
    pub fn edit(&mut self, edit: PadEdit) -> bool {
        match edit {
            PadEdit::Take(tool) => self.tool = tool,
            PadEdit::Width(width) => self.width = width.clamp(0.02, 0.4),
            PadEdit::Colour(colour) => self.colour = colour.map(|ink| ink.clamp(0.0, 1.0)),
            PadEdit::Line(from, to) => self.line(from, to),
            PadEdit::Lift => {
                if !self.drawing.is_empty() {
                    self.raw = self.centring.sample(&self.drawing, self.shape, self.range);
                }
                return self.has_sample() && (self.is_table() || !self.drawing.is_empty());
            }
            PadEdit::Clear => {
                self.drawing = empty(self.shape);
                self.raw.clear();
                (self.answer, self.label, self.failure) = (None, None, None);
                self.pending = false;
            }
            PadEdit::Set(at, value) => {
                if let Some((place, feature)) = self.raw.get_mut(at).zip(self.features.get(at)) {
                    *place = value.clamp(feature.least, feature.most);
                }
            }
            PadEdit::Label(label) => self.label = label,
        }
        false
    }

    /// Whether features are set, and nothing is drawn.
    pub fn is_table(&self) -> bool {
        matches!(self.shape, Shape::Flat { .. })
    }

    /// A picture takes the place of the drawing: a value for each of its dots, 0 to 255. Pictures are brought to
    /// their place as drawings are where samples are drawings: bright ink on a dark ground.
    pub fn take_picture(&mut self, values: &[f32]) {
        let (channels, height, width) = self.dots();
        let ink = values.iter().map(|v| (v / 255.0).clamp(0.0, 1.0)).collect();
        let mut picture = Bitmap { channels, height, width, ink };
        if self.centring != Centring::Whole && is_bright_at_the_edge(&picture) {
            picture.ink.iter_mut().for_each(|ink| *ink = 1.0 - *ink);
        }
        self.drawing = picture;
        self.label = None;
    }

    /// Pixels of a drawing: channels, height, width.
    pub fn dots(&self) -> (usize, usize, usize) {
        (self.drawing.channels, self.drawing.height, self.drawing.width)
    }

    /// Takes in the answer to the newest sample.
    pub fn take(&mut self, result: Result<Box<OwnAnswer>, Failure>) {
        self.pending = false;
        match result {
            Ok(answer) => {
                self.answered += 1;
                (self.answer, self.failure) = (Some(answer), None);
            }
            Err(Failure::Cancelled) => {}
            Err(failure) => (self.answer, self.failure) = (None, Some(failure.to_string())),
        }
    }

    /// Puts the sample beside those that are kept; it is the same one only once.
    pub fn keep(&mut self) {
        let kept = Kept { raw: self.raw.clone(), label: self.label };
        self.kept.retain(|other| other.raw != kept.raw);
        self.kept.push(kept);
    }

    /// Those that are kept as CSV, and the options behind its path.
    pub fn table(&self) -> (String, String) {
        let names: Vec<String> = self.features.iter().map(|f| f.name.clone()).collect();
        let image = match self.shape {
            Shape::Image { channels, height, width } => Some((channels, height, width)),
            _ => None,
        };
        table(&self.kept, &self.classes, &names, image)
    }

    /// What the file with them is called, without its ending.
    pub fn name(&self) -> String {
        let name = self.of.as_ref().map_or("samples", |of| of.name());
        let plain = |c: char| if c.is_alphanumeric() || "-_".contains(c) { c } else { '-' };
        let name: String = name.chars().take(40).map(plain).collect();
        format!("mine-{name}")
    }

    fn line(&mut self, from: (f32, f32), to: (f32, f32)) {
        let (high, wide) = (self.drawing.height as f32, self.drawing.width as f32);
        let place = |(x, y): (f32, f32)| (x * wide, y * high);
        let colour = match self.tool {
            Tool::Pen => self.colour,
            Tool::Rubber => [0.0; 3],
        };
        let radius = 0.5 * self.width * high.max(wide);
        self.drawing.line(place(from), place(to), radius, colour);
    }
}

/// A drawing without ink for samples of a shape: some dots for each pixel.
fn empty(shape: Shape) -> Bitmap {
    match shape {
        Shape::Image { channels, height, width } => {
            let times = DOTS.div_ceil(height.max(width).max(1));
            Bitmap::new(channels, height * times, width * times)
        }
        _ => Bitmap::new(1, 0, 0),
    }
}

/// Whether the edge of a picture is bright: ink is dark on it.
fn is_bright_at_the_edge(picture: &Bitmap) -> bool {
    let (high, wide) = (picture.height, picture.width);
    let at_edge = |at: &usize| {
        let (x, y) = (at % wide.max(1), at / wide.max(1));
        x == 0 || y == 0 || x + 1 == wide || y + 1 == high
    };
    let edge: Vec<f32> =
        (0..high * wide).filter(at_edge).filter_map(|at| picture.ink.get(at)).copied().collect();
    edge.iter().sum::<f32>() > 0.5 * edge.len() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pad(name: &str) -> Pad {
        let mut pad = Pad::default();
        pad.suit(&Arc::new(data::open(name, None).unwrap()));
        pad
    }

    #[test]
    fn a_drawing_becomes_a_sample_when_the_pen_is_lifted() {
        let mut pad = pad("digits");
        assert_eq!((pad.dots(), pad.range), ((1, 112, 112), (0.0, 16.0)));
        assert!(!pad.edit(PadEdit::Lift) && !pad.has_sample(), "nothing is drawn");
        assert!(!pad.edit(PadEdit::Line((0.5, 0.2), (0.5, 0.8))));
        assert!(pad.edit(PadEdit::Lift));
        assert_eq!(pad.raw.len(), 64);
        assert!(pad.raw.iter().any(|v| *v >= 8.0) && pad.raw.contains(&0.0));
        pad.keep();
        pad.keep();
        assert_eq!(pad.kept.len(), 1);
        pad.edit(PadEdit::Take(Tool::Rubber));
        pad.edit(PadEdit::Width(0.4));
        pad.edit(PadEdit::Line((0.5, 0.0), (0.5, 1.0)));
        assert!(pad.drawing.is_empty() && !pad.edit(PadEdit::Lift));
        // The data are read anew: the drawing stays. Other data have another pad.
        pad.suit(&Arc::new(data::open("digits", None).unwrap()));
        assert_eq!(pad.kept.len(), 1);
        pad.suit(&Arc::new(data::open("iris", None).unwrap()));
        assert!(pad.kept.is_empty());
    }

    #[test]
    fn features_are_set_within_their_range() {
        let mut pad = pad("iris");
        assert_eq!(pad.features.len(), 4);
        let petal = &pad.features[2];
        assert_eq!((petal.least, petal.most), (1.0, 6.9));
        // The mean of the petal lengths of Fisher's flowers.
        assert!((pad.raw[2] - 3.758).abs() < 1e-3);
        pad.edit(PadEdit::Set(2, 100.0));
        assert_eq!(pad.raw[2], 6.9);
        assert!(pad.edit(PadEdit::Lift), "a table needs no drawing");
    }

    #[test]
    fn dark_ink_on_paper_is_turned() {
        let mut pad = pad("digits");
        let (_, height, width) = pad.dots();
        let mut paper = vec![255.0; height * width];
        for y in 30..80 {
            paper[y * width + 50..y * width + 60].fill(0.0);
        }
        pad.take_picture(&paper);
        assert!(pad.edit(PadEdit::Lift));
        let inked: f32 = pad.raw.iter().sum();
        assert!(inked > 50.0 && pad.raw[0] == 0.0, "{:?}", pad.raw);
    }
}
