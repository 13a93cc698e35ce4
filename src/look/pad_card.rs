//! The card that a sample of a person's own is drawn or set on.

use super::pad::{Feature, Pad, PadEdit, Tool};
use super::tools::tools;
use data::Shape;
use egui::{
    Color32, ComboBox, Event, PointerButton, Pos2, Rect, Response, RichText, ScrollArea, Sense,
    Slider, Stroke, StrokeKind, Ui, vec2,
};
use kit::theme;

/// Side of the small picture of what the network takes, points.
const TAKEN: f32 = 56.0;
/// Room for the number beside a slider, and for the bar that scrolls.
const VALUE: f32 = 104.0;
/// Height of the pad, points, at most.
const MOST_SIDE: f32 = 280.0;

/// What a person did.
#[derive(Clone, Debug, Default)]
pub struct PadTold {
    pub edits: Vec<PadEdit>,
    /// The sample shall be kept.
    pub keep: bool,
    /// Those that are kept shall be run.
    pub run: bool,
}

/// Draws the pad or the sliders over the width that there is.
pub fn pad_card(ui: &mut Ui, pad: &Pad, can_run: bool) -> PadTold {
    let mut told = PadTold::default();
    ui.spacing_mut().item_spacing.y = 4.0;
    kit::heading(ui, "A sample of your own");
    match pad.shape {
        Shape::Image { channels, height, width } => {
            field(ui, pad, &mut told.edits);
            tools(ui, pad, &mut told.edits);
            taken(ui, pad, (channels, height, width));
        }
        _ => sliders(ui, pad, &mut told.edits),
    }
    label(ui, pad, &mut told.edits);
    keeping(ui, pad, can_run, &mut told);
    told
}

/// The field that is drawn on.
fn field(ui: &mut Ui, pad: &Pad, edits: &mut Vec<PadEdit>) {
    let t = theme::tokens(ui);
    let (channels, height, width) = pad.dots();
    let wide = ui.available_width();
    let scale = (wide / width.max(1) as f32).min(MOST_SIDE / height.max(1) as f32);
    let size = vec2(width as f32 * scale, height as f32 * scale);
    let (rect, response) = ui.allocate_exact_size(size, Sense::drag());
    let response = kit::named(response, egui::Role::Canvas, "Drawing pad");
    let ink: Vec<f64> = pad.drawing.ink.iter().map(|ink| f64::from(*ink)).collect();
    let shape = Shape::Image { channels, height, width };
    kit::pixels::paint(ui, rect, shape, &ink, (0.0, 1.0));
    ui.painter().rect_stroke(rect, 2, Stroke::new(1.0, t.line), StrokeKind::Outside);
    if pad.drawing.is_empty() {
        ui.painter().text(
            rect.center(),
            egui::Align2::CENTER_CENTER,
            "Draw here, or drop a picture",
            egui::TextStyle::Body.resolve(ui.style()),
            Color32::GRAY,
        );
    }
    draw(ui, &response, rect, edits);
    if let Some(at) = response.hover_pos() {
        let radius = 0.5 * pad.width * rect.width().max(rect.height());
        let colour = if pad.tool == Tool::Pen { t.encrypted } else { t.notice };
        ui.painter().with_clip_rect(rect).circle_stroke(at, radius, Stroke::new(1.0, colour));
    }
}

/// Lines where the pointer went since the last frame, through all places that it told of.
fn draw(ui: &Ui, response: &Response, rect: Rect, edits: &mut Vec<PadEdit>) {
    if !response.dragged() && !response.drag_stopped() {
        return;
    }
    let share =
        |at: Pos2| ((at.x - rect.left()) / rect.width(), (at.y - rect.top()) / rect.height());
    let before = response.interact_pointer_pos().map(|at| at - ui.input(|i| i.pointer.delta()));
    let mut last = before.filter(|_| !response.drag_started());
    for event in ui.input(|i| i.raw.events.clone()) {
        match event {
            Event::PointerButton { pos, button: PointerButton::Primary, pressed, .. } => {
                if pressed {
                    edits.push(PadEdit::Line(share(pos), share(pos)));
                }
                last = Some(pos).filter(|_| pressed);
            }
            Event::PointerMoved(at) => {
                if let Some(from) = last {
                    edits.push(PadEdit::Line(share(from), share(at)));
                    last = Some(at);
                }
            }
            _ => {}
        }
    }
    if response.drag_stopped() {
        edits.push(PadEdit::Lift);
    }
}

/// What the network takes of the drawing.
fn taken(ui: &mut Ui, pad: &Pad, (channels, height, width): (usize, usize, usize)) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        let size = vec2(TAKEN * width as f32 / height.max(1) as f32, TAKEN);
        let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
        kit::named(response, egui::Role::Image, "What is encrypted");
        ui.painter().rect_filled(rect, 0, t.well);
        let values: Vec<f64> = pad.raw.iter().map(|v| f64::from(*v)).collect();
        let range = (f64::from(pad.range.0), f64::from(pad.range.1));
        kit::pixels::paint(ui, rect, Shape::Image { channels, height, width }, &values, range);
        let text = format!(
            "What is encrypted: {width}x{height} values, {} to {}; {}",
            pad.range.0,
            pad.range.1,
            pad.centring.about()
        );
        let text = RichText::new(text).font(theme::small()).color(t.text_weak);
        ui.add(egui::Label::new(text).wrap());
    });
}

/// A slider for each feature.
fn sliders(ui: &mut Ui, pad: &Pad, edits: &mut Vec<PadEdit>) {
    // Numbers of different lengths must not make the column wider.
    let width = ui.available_width();
    ui.spacing_mut().slider_width = (width - VALUE).max(60.0);
    ScrollArea::vertical().id_salt("features").max_height(MOST_SIDE + TAKEN).show(ui, |ui| {
        for (at, Feature { name, least, most }) in pad.features.iter().enumerate() {
            let mut value = pad.raw.get(at).copied().unwrap_or(*least);
            let label =
                ui.add(egui::Label::new(RichText::new(name).font(theme::small())).truncate());
            let slider = Slider::new(&mut value, *least..=most.max(least + f32::EPSILON))
                .custom_formatter(|value, _| format::short((value * 1e4).round() / 1e4));
            let response = ui.add(slider).labelled_by(label.id);
            if response.changed() {
                edits.push(PadEdit::Set(at, value));
            }
            // A key or a number that was typed is let go at once.
            if response.drag_stopped() || response.changed() && !response.dragged() {
                edits.push(PadEdit::Lift);
            }
        }
    });
}

/// What it is, for those that are kept.
fn label(ui: &mut Ui, pad: &Pad, edits: &mut Vec<PadEdit>) {
    if pad.classes.is_empty() {
        return;
    }
    ui.horizontal(|ui| {
        let name = ui.label("It is");
        let text = |label: Option<u16>| {
            let class = label.and_then(|label| pad.classes.get(usize::from(label)));
            class.map_or("not said", String::as_str)
        };
        let mut chosen = pad.label;
        let response = ComboBox::from_id_salt("label of an own sample")
            .selected_text(text(chosen))
            .width(ui.available_width().min(140.0))
            .show_ui(ui, |ui| {
                let all = (0..pad.classes.len()).map(|class| Some(class as u16));
                for label in std::iter::once(None).chain(all) {
                    ui.selectable_value(&mut chosen, label, text(label));
                }
            })
            .response
            .labelled_by(name.id);
        response.on_hover_text("The class of this sample, where it is kept; with two classes or more accuracies can be told");
        if chosen != pad.label {
            edits.push(PadEdit::Label(chosen));
        }
    });
}

/// Keeping it, and running those that are kept.
fn keeping(ui: &mut Ui, pad: &Pad, can_run: bool, told: &mut PadTold) {
    ui.horizontal_wrapped(|ui| {
        let keep = ui.add_enabled(pad.has_sample(), egui::Button::new("Keep"));
        let about = "Puts it beside your other samples, in a file that is a dataset like any other";
        if kit::named(keep, egui::Role::Button, "Keep this sample").on_hover_text(about).clicked() {
            told.keep = true;
        }
        if pad.kept.is_empty() {
            return;
        }
        let count = format::count(pad.kept.len() as u64);
        let run = ui.add_enabled(
            can_run && pad.file.is_some(),
            egui::Button::new(format!("Run my {count}")),
        );
        let about = match &pad.file {
            Some(file) => {
                format!("Your samples become the dataset of the setup: {}", format::path(file))
            }
            None => "They are being written".to_owned(),
        };
        if kit::named(run, egui::Role::Button, "Run my samples").on_hover_text(about).clicked() {
            told.run = true;
        }
    });
}
