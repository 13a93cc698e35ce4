//! The tab Welcome: the scenarios as questions, each with what it asks of a person's time; and the lessons.

use crate::action::Action;
use crate::gallery::{GALLERY, Motif, Offered};
use crate::queue::Queue;
use crate::state::State;
use crate::tab::Tab;
use data::fetch::PublicSet;
use egui::{Label, Pos2, Rect, RichText, ScrollArea, Sense, Shape, Stroke, Ui, pos2, vec2};
use kit::theme;
use scenario::Scenario;

/// Width of a card, at least, and of its picture.
const CARD: f32 = 230.0;
const PICTURE: f32 = 52.0;
/// Corners of a wave that is drawn.
const CORNERS: usize = 40;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let known = Scenario::built_in();
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = theme::CARD_GAP;
        let about = "A neural network reads what it cannot see: a client encrypts, a server computes on ciphertexts, and both run here, for real. Choose a question, press Run, and look at what it costs. Or go step by step:";
        ui.add(Label::new(RichText::new(about).size(14.0).color(t.text)).wrap());
        ui.horizontal_wrapped(|ui| {
            let lessons = ui.button("Lessons");
            if kit::named(lessons, egui::Role::Button, "Go to the lessons").clicked() {
                queue.push(Action::SelectTab(Tab::Lessons));
            }
            let own = ui.button("Your own data…");
            if kit::named(own, egui::Role::Button, "Open your own data").clicked() {
                queue.push(crate::command::Command::OpenDataset);
            }
        });
        let columns = ((ui.available_width() / CARD) as usize).clamp(1, 4);
        for (name, group) in GALLERY {
            kit::heading(ui, name);
            for row in group.chunks(columns) {
                ui.columns(columns, |places| {
                    for (ui, offered) in places.iter_mut().zip(row) {
                        let scenario = known.iter().find(|known| known.name == offered.name);
                        if let Some(scenario) = scenario {
                            ui.vertical(|ui| card(ui, offered, scenario, state, queue));
                        }
                    }
                });
            }
        }
    });
}

fn card(ui: &mut Ui, offered: &Offered, scenario: &Scenario, state: &State, queue: &mut Queue) {
    let t = theme::tokens(ui);
    let chosen = state.opened.name == offered.name;
    let line = if chosen { t.action } else { t.line };
    theme::card(ui).stroke(Stroke::new(1.0, line)).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.horizontal_top(|ui| {
            picture(ui, offered.motif);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 3.0;
                let question = RichText::new(offered.question).color(t.text_strong);
                ui.add(Label::new(question).wrap());
                let set = PublicSet::named(&scenario.dataset);
                let needs = set.map_or_else(String::new, |set| {
                    format!(", needs {} ({})", set.name, format::bytes(set.bytes()))
                });
                kit::caption(ui, &format!("{}{needs}", offered.wait.text()))
                    .on_hover_text("How long a run takes, about, on two cores");
                let button = ui.button(offered.name).on_hover_text(&scenario.description);
                let name = format!("Open scenario {}", offered.name);
                if kit::named(button, egui::Role::Button, &name).clicked() {
                    queue.push(Action::OpenScenario(offered.name.to_owned()));
                    queue.push(Action::SelectTab(Tab::Run));
                }
            });
        });
    });
}

/// A small picture of what the scenario looks at.
fn picture(ui: &mut Ui, motif: Motif) {
    let t = theme::tokens(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(PICTURE, PICTURE), Sense::hover());
    let painter = ui.painter_at(rect);
    painter.rect_filled(rect, 3, t.well);
    let inside = rect.shrink(5.0);
    let at = |x: f32, y: f32| {
        pos2(inside.left() + x * inside.width(), inside.top() + y * inside.height())
    };
    match motif {
        Motif::Digit => {
            // A seven, as a pen draws it.
            let pen = Stroke::new(6.0, t.text_strong);
            let stroke: Vec<Pos2> =
                [(0.2, 0.12), (0.8, 0.12), (0.6, 0.5), (0.42, 0.92)].map(|(x, y)| at(x, y)).into();
            painter.add(Shape::line(stroke, pen));
            painter.line_segment([at(0.32, 0.52), at(0.78, 0.52)], Stroke::new(4.0, t.text));
        }
        Motif::Table => {
            for (row, share) in [0.7, 0.35, 0.9, 0.5, 0.75].into_iter().enumerate() {
                let top = row as f32 / 5.0;
                let bar = Rect::from_min_max(at(0.0, top + 0.04), at(share, top + 0.16));
                painter.rect_filled(bar, 1, if row % 2 == 0 { t.text } else { t.text_weak });
            }
        }
        Motif::Wave => {
            let wave = (0..=CORNERS).map(|i| {
                let x = i as f32 / CORNERS as f32;
                at(x, 0.5 - 0.38 * (x * std::f32::consts::TAU * 1.5).sin())
            });
            painter.add(Shape::line(wave.collect(), Stroke::new(2.0, t.text_strong)));
        }
        Motif::Words => {
            for (row, lengths) in [[0.3, 0.55], [0.5, 0.3], [0.2, 0.7]].into_iter().enumerate() {
                let top = 0.12 + row as f32 * 0.3;
                let mut left = 0.0;
                for length in lengths {
                    let word = Rect::from_min_max(at(left, top), at(left + length, top + 0.14));
                    painter.rect_filled(word, 2, t.text);
                    left += length + 0.08;
                }
            }
        }
    }
}
