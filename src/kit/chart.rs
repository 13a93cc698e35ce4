//! A chart: what is in it, before anything is drawn.

use crate::horizontal::Horizontal;
use crate::theme;
use crate::ticks::Unit;
use egui::Color32;
use egui_plot::{MarkerShape, PlotPoint};

/// How a curve is drawn, and what that means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pen {
    /// Dashed, no markers.
    Predicted,
    /// Solid with a marker at each point.
    Measured,
    /// Solid, no markers (many points).
    #[default]
    Running,
    /// The same, thicker: for the curve that lies under another.
    RunningUnder,
    /// Markers alone.
    Points,
    /// Dotted, with hollow markers: of a run before.
    Pinned,
}

/// The shape of the markers of a curve, so that curves are told apart without colour too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    #[default]
    Round,
    Square,
    Diamond,
    Up,
    Down,
    Star,
}

impl Mark {
    /// The original network, the reference and the encrypted one, wherever they are drawn.
    pub const ORIGINAL: Self = Self::Round;
    pub const REFERENCE: Self = Self::Diamond;
    pub const ENCRYPTED: Self = Self::Square;

    /// The shape of one of several like curves, beside [`theme::Tokens::series`].
    pub fn series(at: usize) -> Self {
        let all = [Self::Round, Self::Square, Self::Diamond, Self::Up, Self::Down, Self::Star];
        all[at % all.len()]
    }

    pub(crate) fn shape(self) -> MarkerShape {
        match self {
            Self::Round => MarkerShape::Circle,
            Self::Square => MarkerShape::Square,
            Self::Diamond => MarkerShape::Diamond,
            Self::Up => MarkerShape::Up,
            Self::Down => MarkerShape::Down,
            Self::Star => MarkerShape::Asterisk,
        }
    }

    /// Corners around the middle, for one unit of radius; none of what is round or has no inside.
    pub fn corners(self) -> &'static [[f32; 2]] {
        match self {
            Self::Round | Self::Star => &[],
            Self::Square => &[[-0.8, -0.8], [0.8, -0.8], [0.8, 0.8], [-0.8, 0.8]],
            Self::Diamond => &[[0.0, -1.1], [1.1, 0.0], [0.0, 1.1], [-1.1, 0.0]],
            Self::Up => &[[0.0, -1.1], [1.0, 0.8], [-1.0, 0.8]],
            Self::Down => &[[0.0, 1.1], [1.0, -0.8], [-1.0, -0.8]],
        }
    }
}

/// One curve, in positions of the axes.
#[derive(Clone, Default)]
pub struct Curve {
    /// Shown in the legend; not shown when empty.
    pub name: &'static str,
    /// What the points are of, where the legend does not say.
    pub of: String,
    pub colour: Color32,
    pub pen: Pen,
    pub points: Vec<PlotPoint>,
    /// Belongs to an earlier setup.
    pub faded: bool,
    pub mark: Mark,
    /// Markers have no inside: what they stand for was done in part.
    pub hollow: bool,
    /// Where the truth behind a point may lie: place, lower and upper end.
    pub whiskers: Vec<[f64; 3]>,
}

/// Everything inside the frame.
#[derive(Clone, Default)]
pub struct Chart<'a> {
    pub id: &'static str,
    pub title: &'a str,
    /// What is drawn and how it is defined; shown over the title.
    pub about: &'a str,
    pub unit: Unit,
    pub x: (f64, f64),
    pub y: (f64, f64),
    pub curves: Vec<Curve>,
    /// Filled bars: left end, right end, height.
    pub bars: Vec<[f64; 3]>,
    pub bar_colour: Color32,
    /// Marked places.
    pub marks: Vec<PlotPoint>,
    /// The stretch of the horizontal axis that counts; what is beside it is shaded.
    pub span: Option<(f64, f64)>,
    /// Vertical lines of the horizontal axis, with their texts.
    pub across: Vec<(f64, String)>,
    /// What the places of the horizontal axis stand for.
    pub horizontal: Horizontal,
    /// A horizontal line with words at its left end.
    pub reference: Option<(f64, &'static str)>,
    /// Points drawn as red crosses: decrypted wrongly.
    pub wrong: Vec<PlotPoint>,
    /// Where the vertical line of the pointer is.
    pub cursor: Option<f64>,
    /// Said in the middle when there is nothing to draw.
    pub empty: Option<&'a str>,
    /// Words across the plot: what it must not be read as.
    pub verdict: Option<&'a str>,
}

impl Chart<'_> {
    /// The chart in print colours, with words under the places that have some.
    pub(crate) fn printed(&self) -> Self {
        let mut chart = self.clone();
        chart.bar_colour = theme::printed(chart.bar_colour);
        for curve in &mut chart.curves {
            curve.colour = theme::printed(curve.colour);
        }
        chart
    }
}
