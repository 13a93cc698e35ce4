//! Which degrees of activations a network could have, as a strip: one cell a degree, higher for a
//! larger ring.

use circuit::DegreeRequest;
use egui::{Pos2, Rect, Sense, Stroke, StrokeKind, Ui, Vec2, pos2, vec2};
use kit::theme;

const ABOUT: &str = "Degrees of polynomials that this network could have in the place of every activation, at 128 bits of security, with primes of the sizes in this plan. A plan for another degree chooses its own, and may do with a smaller N";

/// Height of the strip, points.
const HEIGHT: f32 = 26.0;

/// Ring degrees from the smallest to the largest there is.
const SMALLEST: usize = 4096;
const LARGEST: usize = 65_536;

/// A cell of the strip.
pub struct DegreeCell {
    /// The ring degree that it takes; `None` where it does not fit, or nothing is known.
    pub ring_degree: Option<usize>,
    /// Whether it is known not to fit.
    pub refused: bool,
    /// Whether it was planned, and not only reckoned from another plan.
    pub planned: bool,
    /// For hovering.
    pub about: String,
}

/// Which degrees the primes of a plan would carry.
pub fn degrees(ui: &mut Ui, degrees: &[DegreeRequest]) {
    let t = theme::tokens(ui);
    let Some(last) = degrees.last() else { return };
    let text = summary(degrees);
    let caption = egui::RichText::new(&text).font(theme::small()).color(t.text_weak);
    ui.add(egui::Label::new(caption).wrap()).on_hover_text(ABOUT);
    let cells: Vec<DegreeCell> = degrees
        .iter()
        .map(|choice| DegreeCell {
            ring_degree: choice.ring_degree,
            refused: choice.ring_degree.is_none(),
            planned: true,
            about: describe(choice),
        })
        .collect();
    let label = format!("Degrees 1 to {} of activations: {text}", last.degree);
    degree_strip(ui, &cells, None, Sense::hover(), &label);
}

/// The strip: a cell for each degree from 1 on, with `present` marked. The degree that was clicked or
/// dragged to, where `sense` has that.
pub fn degree_strip(
    ui: &mut Ui,
    cells: &[DegreeCell],
    present: Option<usize>,
    sense: Sense,
    label: &str,
) -> Option<usize> {
    let t = theme::tokens(ui);
    let (strip, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), sense);
    let width = strip.width() / cells.len().max(1) as f32;
    let steps = (LARGEST / SMALLEST).ilog2() as f32 + 1.0;
    let painter = ui.painter();
    painter.rect_filled(strip, 2.0, t.well);
    for (i, cell) in cells.iter().enumerate() {
        let left = strip.left() + i as f32 * width;
        let whole =
            Rect::from_min_max(pos2(left, strip.top()), pos2(left + width - 1.0, strip.bottom()));
        if let Some(n) = cell.ring_degree {
            let share = ((n / SMALLEST).max(1).ilog2() as f32 + 1.0) / steps;
            let bar = whole.with_min_y(whole.bottom() - share * whole.height());
            let colour = t.encrypted.gamma_multiply(0.25 + 0.5 * share);
            match cell.planned {
                true => _ = painter.rect_filled(bar, 0.0, colour),
                false => {
                    let stroke = Stroke::new(1.0, colour);
                    painter.rect_stroke(bar, 0.0, stroke, StrokeKind::Inside);
                }
            }
        } else if cell.refused {
            let cross = Rect::from_center_size(whole.center(), Vec2::splat(whole.width().min(6.0)));
            let stroke = Stroke::new(1.0, t.text_weak);
            painter.line_segment([cross.left_top(), cross.right_bottom()], stroke);
            painter.line_segment([cross.right_top(), cross.left_bottom()], stroke);
        }
        if present == Some(i + 1) {
            let stroke = Stroke::new(1.5, t.text_strong);
            painter.rect_stroke(whole.expand(0.5), 1.0, stroke, StrokeKind::Outside);
        }
    }
    let place = |at: Pos2| ((at.x - strip.left()) / width).max(0.0) as usize;
    let pressed = response.interact_pointer_pos().filter(|_| response.is_pointer_button_down_on());
    let chosen = pressed.map(|at| place(at).min(cells.len().saturating_sub(1)) + 1);
    let under = response.hover_pos().and_then(|at| cells.get(place(at)));
    let response = match under {
        Some(cell) => response.on_hover_text_at_pointer(&cell.about),
        None => response,
    };
    kit::named(response, egui::Role::Image, label);
    chosen.filter(|degree| Some(*degree) != present)
}

/// "With such primes degrees to 3 at N 8192, to 15 at N 16384, none above".
fn summary(degrees: &[DegreeRequest]) -> String {
    let groups = degrees.chunk_by(|a, b| a.ring_degree == b.ring_degree);
    let texts = groups.filter_map(|group| {
        let last = group.last()?;
        Some(match last.ring_degree {
            Some(n) => format!("to {} at N {n}", last.degree),
            None => "none above".to_owned(),
        })
    });
    format!("With such primes degrees {}", texts.collect::<Vec<_>>().join(", "))
}

fn describe(choice: &DegreeRequest) -> String {
    let DegreeRequest { degree, levels, log2_q, ring_degree } = choice;
    match ring_degree {
        Some(n) => format!("Degree {degree}: {levels} levels, log2 q {log2_q:.0}, N = {n}"),
        None => format!("Degree {degree}: {levels} levels, log2 q {log2_q:.0}: too much for any N"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_are_summed_up_by_ring() {
        let choice = |degree, ring_degree| DegreeRequest {
            degree,
            levels: degree,
            log2_q: 100.0,
            ring_degree,
        };
        let all = [choice(1, Some(4096)), choice(2, Some(8192)), choice(3, Some(8192))];
        assert_eq!(summary(&all), "With such primes degrees to 1 at N 4096, to 3 at N 8192");
        let some = [choice(1, Some(4096)), choice(2, None)];
        assert_eq!(summary(&some), "With such primes degrees to 1 at N 4096, none above");
        assert!(describe(&some[1]).ends_with("too much for any N"));
    }
}
