//! Measured noise of an encrypted run against the normal curve that was predicted.

use egui::{Rect, Ui};
use egui_plot::PlotPoint;
use kit::{Chart, Curve, Horizontal, Pen, Unit, theme};
use report::{NOISE_SPAN, NoisePlace, NoiseReport, TableReport};

const NOISE: &str = "Phase minus message, measured with the secret key (analysis mode), in predicted standard deviations: bars are what was measured, the dashed curve is the normal distribution that was predicted before there was a key.";
const BOTTOM: f32 = 18.0;
/// Predicted standard deviations that are drawn to each side.
const DRAWN: f64 = 4.5;
const CURVE_POINTS: usize = 121;
const BARS: f32 = 0.7;

/// One distribution to be drawn: where, and what was measured there.
pub struct Place<'a> {
    pub title: &'static str,
    pub noise: &'a NoiseReport,
}

/// The distributions of the layer of tables at `layer`, from what is encrypted to what is decrypted.
pub fn places(report: &TableReport, layer: usize) -> Vec<Place<'_>> {
    let titles = [
        (NoisePlace::Sum, "Sums"),
        (NoisePlace::KeySwitch, "After the key switch"),
        (NoisePlace::ModulusSwitch, "As the table reads it"),
        (NoisePlace::Output, "After PBS"),
    ];
    let mut all = vec![Place { title: "Inputs", noise: &report.inputs }];
    if let Some(table) = report.tables.get(layer) {
        for (what, title) in titles {
            let found = table.noise.iter().find(|n| n.what == what);
            all.extend(found.map(|noise| Place { title, noise }));
        }
    }
    all.push(Place { title: "Scores", noise: &report.scores });
    all.retain(|p| p.noise.samples > 1 && p.noise.standard_deviation_predicted > 0.0);
    all
}

/// Draws one distribution into `rect`.
pub fn noise(ui: &mut Ui, rect: Rect, place: &Place<'_>) {
    let t = theme::tokens(ui);
    let bins = place.noise.counts.len().max(1) as f64;
    let width = 2.0 * NOISE_SPAN / bins;
    let total = place.noise.samples.max(1) as f64;
    let bars: Vec<[f64; 3]> = place
        .noise
        .counts
        .iter()
        .enumerate()
        .map(|(i, count)| {
            let left = i as f64 * width - NOISE_SPAN;
            [left, left + width, *count as f64 / total / width]
        })
        .filter(|b| b[2] > 0.0)
        .collect();
    let normal = |x: f64| (-0.5 * x * x).exp() / std::f64::consts::TAU.sqrt();
    let curve = (0..CURVE_POINTS)
        .map(|i| DRAWN * (2.0 * i as f64 / (CURVE_POINTS - 1) as f64 - 1.0))
        .map(|x| PlotPoint::new(x, normal(x)))
        .collect();
    let most = bars.iter().map(|b| b[2]).fold(normal(0.0), f64::max);
    let across = [-4i32, -2, 0, 2, 4];
    let across = across.map(|x| {
        (f64::from(x), if x == 0 { "0".into() } else { format!("{x}σ").replace('-', "−") })
    });
    let about = format!(
        "{NOISE} {} values, standard deviation {} predicted, {} measured; variance {:.3} times the predicted.",
        format::count(place.noise.samples),
        standard_deviation(place.noise.standard_deviation_predicted),
        standard_deviation(place.noise.standard_deviation_measured),
        place.noise.variance_ratio()
    );
    let chart = Chart {
        id: place.title,
        title: place.title,
        about: &about,
        unit: Unit::Number,
        x: (-DRAWN, DRAWN),
        // Room for the words above the peak.
        y: (0.0, most * 1.75),
        curves: vec![Curve {
            name: "predicted",
            colour: t.text,
            pen: Pen::Predicted,
            points: curve,
            ..Curve::default()
        }],
        bars,
        bar_colour: t.encrypted.gamma_multiply(BARS),
        across: across.to_vec(),
        horizontal: Horizontal::named("standard deviations"),
        ..Chart::default()
    };
    let shown = chart.show(ui, rect, BOTTOM);
    let text = format!(
        "σ {}\nvariance × {:.3}",
        standard_deviation(place.noise.standard_deviation_measured),
        place.noise.variance_ratio()
    );
    let painter = ui.painter_at(shown.inside);
    let galley = painter.layout(text, theme::small(), t.text, shown.inside.width());
    painter.galley(shown.inside.min + egui::vec2(6.0, 4.0), galley, t.text);
}

/// A standard deviation as a power of two where it is a fraction of the torus, plainly where it is units.
fn standard_deviation(value: f64) -> String {
    if value > 0.0 && value < 0.05 {
        format!("2^{:.2}", value.log2()).replace('-', "−")
    } else {
        kit::number_text(value)
    }
}
