//! Which degrees of activations a network could have, as a strip: one cell a degree, higher for a
//! larger ring.

use circuit::DegreeRequest;
use egui::{Rect, Sense, Ui, pos2, vec2};
use kit::theme;

const ABOUT: &str = "Degrees of polynomials that this network could have in the place of every activation, at 128 bits of security, with primes of the sizes in this plan. A plan for another degree chooses its own, and may do with a smaller N";

/// Height of the strip, points.
const HEIGHT: f32 = 26.0;

/// Ring degrees from the smallest to the largest there is.
const SMALLEST: usize = 4096;
const LARGEST: usize = 65_536;

pub fn show(ui: &mut Ui, degrees: &[DegreeRequest]) {
    let t = theme::tokens(ui);
    let Some(last) = degrees.last() else { return };
    let text = summary(degrees);
    let caption = egui::RichText::new(&text).font(theme::small()).color(t.text_weak);
    ui.add(egui::Label::new(caption).wrap()).on_hover_text(ABOUT);
    let (strip, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
    let width = strip.width() / degrees.len() as f32;
    let steps = (LARGEST / SMALLEST).ilog2() as f32 + 1.0;
    ui.painter().rect_filled(strip, 2.0, t.well);
    for (i, choice) in degrees.iter().enumerate() {
        let left = strip.left() + i as f32 * width;
        let Some(n) = choice.ring_degree else { continue };
        let share = ((n / SMALLEST).max(1).ilog2() as f32 + 1.0) / steps;
        let top = strip.bottom() - share * strip.height();
        let cell = Rect::from_min_max(pos2(left, top), pos2(left + width - 1.0, strip.bottom()));
        ui.painter().rect_filled(cell, 0.0, t.encrypted.gamma_multiply(0.25 + 0.5 * share));
    }
    let label = format!("Degrees 1 to {} of activations: {text}", last.degree);
    let at = response.hover_pos().map(|p| ((p.x - strip.left()) / width) as usize);
    let response = match at.and_then(|i| degrees.get(i)) {
        Some(choice) => response.on_hover_text_at_pointer(describe(choice)),
        None => response,
    };
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Image, true, &label));
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
