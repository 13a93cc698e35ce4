//! The coefficients as a table.

use activation::{ChebyshevSeries, Polynomial};
use egui::{Align, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};
use kit::theme;
use view::lab::LabCurve;

const HEADER: f32 = 18.0;
const ROW: f32 = 17.0;
/// Rows shown without scrolling.
const SHOWN: usize = 9;

/// Draws the coefficients of the polynomial of `curve`.
pub fn coefficients(ui: &mut Ui, curve: &LabCurve) {
    let t = theme::tokens(ui);
    let rows = rows(curve);
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 2.0;
        kit::heading(ui, "Coefficients");
        let shown = rows.len().min(SHOWN) as f32;
        // A little less than there is: the bar for scrolling lies over the right end.
        let width = (ui.available_width() - 40.0 - 2.0 * theme::GAP) / 2.0;
        TableBuilder::new(ui)
            .id_salt("coefficients")
            .striped(true)
            .cell_layout(Layout::right_to_left(Align::Center))
            .column(Column::exact(34.0))
            .columns(Column::exact(width.max(60.0)).clip(true), 2)
            .min_scrolled_height(0.0)
            .max_scroll_height(shown * (ROW + 2.0))
            .auto_shrink([false, true])
            .header(HEADER, |mut row| {
                for (name, about) in [
                    ("k", "Index; of a composition also the number of the polynomial"),
                    ("Chebyshev", "In the Chebyshev basis of the interval: what is evaluated"),
                    ("Power of x", "In powers of x: digits are lost as the degree rises"),
                ] {
                    row.col(|ui| {
                        let text = RichText::new(name).font(theme::small()).color(t.text_weak);
                        ui.label(text).on_hover_text(about);
                    });
                }
            })
            .body(|body| {
                body.rows(ROW, rows.len(), |mut row| {
                    let Some(cells) = rows.get(row.index()) else { return };
                    for (i, cell) in cells.iter().enumerate() {
                        let colour = if i == 0 { t.text_weak } else { t.text_strong };
                        row.col(|ui| {
                            let text = RichText::new(cell).font(theme::small()).color(colour);
                            ui.add(egui::Label::new(text).truncate());
                        });
                    }
                });
            });
    });
}

fn rows(curve: &LabCurve) -> Vec<[String; 3]> {
    match curve.fitted.composite() {
        Some(composite) => {
            let parts = composite.parts.iter().enumerate();
            parts.flat_map(|(i, part)| of(&format!("{}.", i + 1), part, None)).collect()
        }
        None => {
            let powers = curve.fitted.monomials();
            curve.fitted.chebyshev().map_or_else(Vec::new, |s| of("", &s, powers.as_ref()))
        }
    }
}

/// One row for each coefficient that is not 0.
fn of(prefix: &str, series: &ChebyshevSeries, powers: Option<&Polynomial>) -> Vec<[String; 3]> {
    let text = |c: Option<&f64>| match c {
        Some(c) if *c != 0.0 => format!("{c:.6e}").replace('-', "−"),
        Some(_) => "0".to_owned(),
        None => "—".to_owned(),
    };
    (0..series.coefficients().len())
        .map(|k| {
            let power = powers.map(|p| p.coefficients().get(k).unwrap_or(&0.0));
            [format!("{prefix}{k}"), text(series.coefficients().get(k)), text(power)]
        })
        .filter(|[_, chebyshev, power]| chebyshev != "0" || (power != "0" && power != "—"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use activation::{Activation, Approximation, Method};

    #[test]
    fn only_what_is_not_zero_has_a_row() {
        let of = |function, method, degree| {
            let request = Approximation::new(function, method, degree, (-2.0, 2.0));
            rows(&LabCurve::new(&request, None).expect("fits"))
        };
        let relu = of(Activation::Relu, Method::Minimax, 6);
        assert_eq!(
            relu.iter().map(|r| r[0].as_str()).collect::<Vec<_>>(),
            ["0", "1", "2", "4", "6"]
        );
        assert!(relu.iter().all(|r| r[2] != "—"));
        let sign = of(Activation::Sign, Method::CompositeMinimax, 3);
        assert_eq!(
            sign.iter().map(|r| r[0].as_str()).collect::<Vec<_>>(),
            ["1.1", "1.3", "2.1", "2.3"]
        );
    }
}
