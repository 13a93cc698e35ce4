//! The tab Activation where activations are lookup tables.

use super::controls::COLUMN;
use crate::action::Action;
use crate::queue::Queue;
use crate::state::State;
use egui::{ComboBox, RichText, ScrollArea, Sense, Ui, vec2};
use inference::TableStudy;
use kit::{Beside, field, number_text, theme};
use network::table::{Accumulators, Table};
use report::LookupReport;

const LEAST_PLOTS: f32 = 360.0;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let layers: Vec<(&Table, &Accumulators)> =
        state.tables.iter().flat_map(|s| s.network.tables().zip(&s.layers)).collect();
    let at = state.lab.choice.layer.min(layers.len().saturating_sub(1));
    let Some((study, (table, layer))) = state.tables.as_deref().zip(layers.get(at)) else {
        let text = match &state.preview.refusal {
            Some(reason) => reason.as_str(),
            None => "Making the tables of this model",
        };
        theme::card(ui).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.label(text);
        });
        return;
    };
    let read = lookup(state, &table.name);
    let beside = Beside { id: "tables column", width: COLUMN, tall: LEAST_PLOTS };
    beside.show(
        ui,
        queue,
        |ui, queue| {
            card(ui, |ui| choice(ui, state, &layers, at, queue));
            card(ui, |ui| accuracy(ui, study));
            card(ui, |ui| figures(ui, table, layer, planned(state, at), read));
        },
        |ui, _| {
            let height = ui.available_height().max(LEAST_PLOTS);
            ScrollArea::vertical().id_salt("tables plots").auto_shrink([false, false]).show(
                ui,
                |ui| {
                    let size = vec2(ui.available_width(), height);
                    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
                    plots::tables(ui, rect, table, layer, read);
                },
            );
        },
    );
}

/// What the newest run of this setup counted of a table.
fn lookup<'a>(state: &'a State, name: &str) -> Option<&'a LookupReport> {
    let run = state.run.as_ref().filter(|_| state.run_is_of_setup())?;
    run.report.as_ref()?.tables.as_ref()?.tables.iter().find(|t| t.name == name)
}

fn planned(state: &State, at: usize) -> Option<&circuit::LookupPlan> {
    state.preview.plan.as_ref()?.tables.as_ref()?.tables.get(at)
}

fn card(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        add(ui);
    });
}

fn choice(
    ui: &mut Ui,
    state: &State,
    layers: &[(&Table, &Accumulators)],
    at: usize,
    queue: &mut Queue,
) {
    kit::heading(ui, "Lookup tables");
    let shown = layers.get(at).map_or("none", |(t, _)| t.name.as_str());
    field(ui, "Layer", "The layer whose table is shown", |ui| {
        let mut choice = state.lab.choice.clone();
        let response = ui
            .add_enabled_ui(layers.len() > 1, |ui| {
                let width = ui.available_width();
                ComboBox::from_id_salt("table layer")
                    .selected_text(shown)
                    .width(width)
                    .truncate()
                    .show_ui(ui, |ui| {
                        for (i, (table, _)) in layers.iter().enumerate() {
                            ui.selectable_value(&mut choice.layer, i, &table.name);
                        }
                    })
                    .response
            })
            .inner;
        if choice != state.lab.choice {
            queue.push(Action::EditLab(Box::new(choice)));
        }
        response
    });
    let text =
        "A table gives any function exactly on so many steps; the bits are chosen in the setup.";
    ui.add(egui::Label::new(RichText::new(text).font(theme::small())).wrap());
}

/// A name on the left, a figure on the right.
fn line(ui: &mut Ui, name: &str, value: &str, about: &str) {
    let t = theme::tokens(ui);
    ui.horizontal(|ui| {
        ui.label(RichText::new(name).font(theme::small()).color(t.text_weak)).on_hover_text(about);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let text = RichText::new(value).size(12.0).color(t.text_strong);
            ui.add(egui::Label::new(text).truncate()).on_hover_text(about);
        });
    });
}

fn accuracy(ui: &mut Ui, study: &TableStudy) {
    ui.horizontal(|ui| {
        kit::heading(ui, "Accuracy in the clear");
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            kit::caption(ui, &format!("{} samples", format::count(study.test_samples as u64)));
        });
    });
    let about =
        "Share of test samples classified as labelled by the network of integers with these tables";
    line(ui, "On integers, with the tables", &format::percent(study.accuracy), about);
    let about = "The same with the noise that the plan predicts on every sum before its table, drawn at random";
    line(ui, "With the predicted noise", &format::percent(study.noisy_accuracy), about);
    let about = "Share of test samples whose answer with that noise is the answer without";
    line(ui, "Answers unchanged by it", &format::percent(study.agreement), about);
}

fn figures(
    ui: &mut Ui,
    table: &Table,
    layer: &Accumulators,
    plan: Option<&circuit::LookupPlan>,
    read: Option<&LookupReport>,
) {
    kit::heading(ui, "This table");
    let functions: Vec<String> = table.functions.iter().map(|f| f.function.name()).collect();
    line(ui, "Function", &functions.join(", "), "The function of the table");
    let steps = format!("{} ({} bits)", table.steps(), table.bits);
    line(ui, "Steps", &steps, "Steps that the range is cut into, each with an output of its own");
    let range = format!(
        "± {} ({} units)",
        number_text(table.range() as f64 * table.input_scale),
        table.range()
    );
    line(
        ui,
        "Range",
        &range,
        "Sums that the table reads, in the units of the float network and in integers",
    );
    let width = format!("{} units", format::count(table.width as u64));
    line(ui, "Width of a step", &width, "In units of the integer sum");
    let outside = layer.outside as f64 / layer.sums.total().max(1) as f64;
    line(
        ui,
        "Sums outside",
        &format::percent(outside),
        "Share of the sums of training samples beyond the range",
    );
    let probability = |p: f64| {
        if p > 0.0 { format!("2^{:.1}", p.log2()).replace('-', "−") } else { "none".to_owned() }
    };
    if let Some(plan) = plan {
        let about = "Predicted standard deviation of the noise with which the table is read, in widths of a step";
        line(ui, "Noise", &format!("{:.4} steps", plan.standard_deviation / plan.step), about);
        let about =
            "Probability that a sum of training samples is read in an adjacent bin, predicted";
        line(ui, "Adjacent bin", &format::percent(plan.adjacent), about);
        let about =
            "Probability that a sum on the edge of a step is read in a wrong bin, predicted";
        line(ui, "Wrong bin", &probability(plan.failure), about);
    }
    if let Some(read) = read {
        let share = read.adjacent as f64 / read.lookups.max(1) as f64;
        let about = "Lookups of the run that hit an adjacent bin, of all";
        line(ui, "Adjacent bin, counted", &format::percent(share), about);
        line(
            ui,
            "Wrong bin, counted",
            &format::count(read.wrong_bin),
            "Lookups that hit a wrong bin: more than one step off",
        );
    }
}
