//! What parameters by hand come to: margin, size and time as they move, and which modulus each ring
//! degree carries.

use crate::state::State;
use circuit::{NoiseMeasure, Plan};
use egui::{Color32, Grid, RichText, Ui, vec2};
use kit::theme;
use scenario::SchemeRequest;
use scheme::security::{MIN_SECURITY_BITS, TABLE, max_log2_qp, ring_degrees};

/// Height of a bar.
const BAR: f32 = 4.0;
/// Ends of the bars: bits of margin, and logarithms of bytes and seconds.
const MARGINS: (f64, f64) = (-10.0, 90.0);
const SIZES: (f64, f64) = (4.0, 11.0);
const TIMES: (f64, f64) = (-3.0, 4.0);

pub fn show(ui: &mut Ui, state: &State, choice: &SchemeRequest) {
    let t = theme::tokens(ui);
    let plan = state.preview.plan.as_deref();
    ui.add_space(2.0);
    let measure = plan.map_or(NoiseMeasure::Margin, |plan| NoiseMeasure::of(plan.scheme));
    let name = measure.title().split(',').next().unwrap_or_default();
    let margin = plan.map(Plan::margin_bits);
    let colour = if margin.is_some_and(|bits| bits < 0.0) { t.wrong } else { t.encrypted };
    let text = margin.map(|bits| measure.text(bits));
    line(ui, name, text, share(margin, MARGINS), colour, measure.definition());
    let bytes = plan.map(|plan| plan.bytes.upload + plan.bytes.evaluation_keys);
    let size = bytes.map(|bytes| (bytes as f64).log10());
    let about = "Bytes from client to server: ciphertexts of all samples, and evaluation keys";
    line(ui, "Size", bytes.map(format::bytes), share(size, SIZES), t.encrypted, about);
    let secs = plan.map(|plan| plan.secs.total());
    let time = secs.map(|secs| secs.max(1e-9).log10());
    let about = "Encrypt, evaluate and decrypt all samples";
    line(ui, "Time", secs.map(format::secs), share(time, TIMES), t.encrypted, about);
    if let (None, Some(reason)) = (plan, &state.preview.refusal) {
        let text = RichText::new(reason).font(theme::small()).color(t.notice);
        ui.add(egui::Label::new(text).wrap());
    }
    let present = choice.ring_degree.or(plan.map(|plan| plan.ring_degree));
    moduli(ui, present, plan.map(|plan| plan.log2_qp));
}

/// Where a value lies between two ends, 0 to 1.
fn share(value: Option<f64>, (low, high): (f64, f64)) -> f32 {
    value.map_or(0.0, |value| ((value - low) / (high - low)).clamp(0.0, 1.0) as f32)
}

/// A name, a figure and a bar.
fn line(ui: &mut Ui, name: &str, text: Option<String>, share: f32, colour: Color32, about: &str) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        kit::fixed_label(ui, name, theme::FIELD_LABEL, about);
        let text = text.unwrap_or_else(|| "—".to_owned());
        let figure = RichText::new(text).size(12.0).color(t.text_strong);
        ui.add(egui::Label::new(figure).truncate()).on_hover_text(about);
    });
    let size = vec2(ui.available_width(), BAR);
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    ui.painter().rect_filled(rect, 2, t.line);
    let bar = rect.with_max_x(rect.left() + share * rect.width());
    ui.painter().rect_filled(bar, 2, colour);
}

/// The largest modulus at every ring degree, with the present one marked.
fn moduli(ui: &mut Ui, present: Option<usize>, log2_qp: Option<f64>) {
    let t = theme::tokens(ui);
    let about = "Bits of q with the special primes of key switching (qp), which security depends on: a larger modulus needs a larger N";
    ui.add_space(2.0);
    let title = format!("Largest log2 qp at {MIN_SECURITY_BITS} bits of security");
    kit::caption(ui, &title).on_hover_text(format!("{about}. {TABLE}"));
    Grid::new("moduli").num_columns(3).min_row_height(14.0).spacing([14.0, 1.0]).show(ui, |ui| {
        for n in ring_degrees() {
            let Some(most) = max_log2_qp(n) else { continue };
            let here = present == Some(n);
            let small =
                |text: String, colour| RichText::new(text).font(theme::small()).color(colour);
            let colour = if here { t.text_strong } else { t.text_weak };
            let mark = if here { "▶" } else { " " };
            ui.label(small(format!("{mark} N {n}"), colour));
            ui.label(small(format!("{most} bits"), colour));
            let now = log2_qp.filter(|_| here);
            let over = now.is_some_and(|bits| bits > f64::from(most));
            let text = now.map_or(String::new(), |bits| format!("now {bits:.0}"));
            ui.label(small(text, if over { t.wrong } else { t.text_strong }));
            ui.end_row();
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_end_where_their_ranges_do() {
        assert_eq!(share(Some(-10.0), MARGINS), 0.0);
        assert_eq!(share(Some(40.0), MARGINS), 0.5);
        assert_eq!(share(Some(1e9), MARGINS), 1.0);
        assert_eq!(share(None, SIZES), 0.0);
    }
}
