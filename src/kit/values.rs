//! The values behind a chart, as a table.

use crate::chart::{Chart, Curve, Pen};
use crate::horizontal::digits;
use egui_plot::PlotPoint;

impl Chart<'_> {
    /// Whether there is a curve or a bar with something in it.
    pub fn has_values(&self) -> bool {
        self.empty.is_none()
            && (!self.bars.is_empty() || self.curves.iter().any(|curve| !curve.points.is_empty()))
    }

    /// Every point of every curve, and every bar, as CSV: whose it is, its place, its value in the unit
    /// of the axis, and where the truth behind it may lie.
    pub fn csv(&self) -> String {
        let (x, y) = (self.horizontal.name, self.unit.column());
        let value = |position: f64| digits(self.unit.value(position));
        let of_curve = |curve: &Curve, point: &PlotPoint| {
            let range = curve.whiskers.iter().find(|[at, ..]| *at == point.x);
            let ends = range.map_or([String::new(), String::new()], |[_, low, high]| {
                [value(*low), value(*high)]
            });
            let [low, high] = ends;
            [curve_name(curve), self.horizontal.text(point.x), value(point.y), low, high]
        };
        let points = self
            .curves
            .iter()
            .flat_map(|curve| curve.points.iter().map(move |point| of_curve(curve, point)));
        let bars = self.bars.iter().map(|[left, right, height]| {
            let range = [self.horizontal.text(*left), self.horizontal.text(*right)];
            ["bar".to_owned(), range.join(" to "), value(*height), String::new(), String::new()]
        });
        let wrong = self.wrong.iter().map(|point| {
            let (at, height) = (self.horizontal.text(point.x), value(point.y));
            ["decrypted wrongly".to_owned(), at, height, String::new(), String::new()]
        });
        let rows = points.chain(bars).chain(wrong);
        format::csv_table(&["curve", x, y, "low", "high"], rows)
    }
}

fn curve_name(curve: &Curve) -> String {
    let name = if curve.name.is_empty() { curve.of.as_str() } else { curve.name };
    match curve.pen {
        Pen::Predicted if name.is_empty() => "predicted".to_owned(),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::horizontal::Horizontal;
    use crate::ticks::Unit;

    #[test]
    fn values_are_those_that_were_drawn_and_not_their_logarithms() {
        let chart = Chart {
            unit: Unit::Secs,
            horizontal: Horizontal::words("stage", vec!["conv".into(), "=dense".into()]),
            curves: vec![Curve {
                name: "measured",
                points: vec![[0.0, -3.0].into(), [1.0, 2.5f64.log10()].into()],
                whiskers: vec![[1.0, 0.0, 1.0]],
                ..Curve::default()
            }],
            ..Chart::default()
        };
        let expected = "curve,stage,seconds,low,high\n\
                        measured,conv,0.001,,\nmeasured,'=dense,2.5,1,10\n";
        assert_eq!(chart.csv(), expected);
        assert!(chart.has_values());
        let empty = Chart { empty: Some("nothing yet"), ..chart };
        assert!(!empty.has_values());
    }

    #[test]
    fn bars_have_two_ends_and_logarithmic_axes_their_values() {
        let chart = Chart {
            horizontal: Horizontal::logarithmic("seconds"),
            bars: vec![[-1.0, 0.0, 0.25]],
            curves: vec![Curve {
                of: "minimax".into(),
                points: vec![[2.0, 0.5].into()],
                ..Curve::default()
            }],
            ..Chart::default()
        };
        assert_eq!(
            chart.csv(),
            "curve,seconds,value,low,high\nminimax,100,0.5,,\nbar,0.1 to 1,0.25,,\n"
        );
    }
}
