//! The setup: scenario, model, dataset, activation strategy, scheme and parameters.

use crate::action::Action;
use crate::command::Command;
use crate::panels::button::hover;
use crate::panels::parameters;
use crate::queue::Queue;
use crate::state::State;
use crate::tab::Tab;
use activation::{MAX_DEGREE, Method};
use circuit::SchemeKind;
use egui::{ComboBox, DragValue, Ui};
use kit::{ROOM_FOR_TWO, field, number_or, pair, row, theme};
use scenario::{ActivationKind, ActivationRequest, KEEP, Scenario, SchemeRequest, SchemeSelector};
use view::file_name;

const TABLE_BITS: std::ops::RangeInclusive<u32> = 1..=6;
/// The field for a polynomial of a person's own: name, what it takes, and how it is written.
pub const OWN_POLYNOMIAL: (&str, &str, &str) = (
    "Polynomial",
    "A formula as 0.5 + 0.25x - 0.01x^3, or its coefficients from the constant on: 0.5, 0.25, 0, -0.01. Degree 1 to 63",
    "0.5 + 0.25x - 0.01x^3",
);
const MOST_IMAGES: usize = 10_000_000;
const MOST_THREADS: usize = 256;

pub fn show(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let mut scenario = state.scenario.clone();
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        sources(ui, state, &mut scenario, queue);
    });
    theme::card(ui).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        // What is trained on encrypted data has functional encryption and its own activations.
        if !state.is_cryptonn() {
            activation(ui, state, &mut scenario);
            scheme(ui, state, &mut scenario);
        }
        run(ui, state, &mut scenario);
    });
    if scenario != state.scenario {
        queue.push(Action::Edit(Box::new(scenario)));
    }
}

fn sources(ui: &mut Ui, state: &State, scenario: &mut Scenario, queue: &mut Queue) {
    let built_in = Scenario::built_in();
    field(ui, "Scenario", "A setup that comes with the program, or a file", |ui| {
        let changed = state.scenario != state.opened;
        let name = format!("{}{}", scenario.name, if changed { " (changed)" } else { "" });
        combo(ui, "Scenario", &name, |ui| {
            open_entry(ui, Command::OpenScenario, queue);
            if ui.selectable_label(false, "As questions…").clicked() {
                queue.push(Command::Show(Tab::Welcome));
            }
            ui.separator();
            for known in &built_in {
                let chosen = state.opened == *known;
                if ui
                    .selectable_label(chosen, &known.name)
                    .on_hover_text(&known.description)
                    .clicked()
                {
                    queue.push(Action::OpenScenario(known.name.clone()));
                }
            }
            for path in recent(ui, &state.history.scenarios) {
                let chosen = scenario.name == *path;
                if ui.selectable_label(chosen, file_name(path)).on_hover_text(path).clicked() {
                    queue.push(Action::OpenScenario(path.clone()));
                }
            }
        })
    });
    if !scenario.description.is_empty() {
        kit::caption_about(ui, &scenario.description, &scenario.description);
    }
    if state.shows("model") {
        model(ui, state, scenario, queue);
    }
    if state.shows("dataset") {
        dataset(ui, state, scenario, queue);
    }
}

fn model(ui: &mut Ui, state: &State, scenario: &mut Scenario, queue: &mut Queue) {
    field(ui, "Model", "A built-in model, or a model file", |ui| {
        let mine = state.history.models.iter().find(|m| m.setup.model == state.scenario.model);
        let shown = mine.map_or(file_name(&state.scenario.model), |model| model.name.as_str());
        combo(ui, "Model", shown, |ui| {
            open_entry(ui, Command::OpenModel, queue);
            new_entry(ui, state, queue);
            ui.separator();
            let names: Vec<_> = match scenario.sequence {
                Some(_) => network::recurrent::built_in_names().collect(),
                None => network::built_in_names().collect(),
            };
            for known in names {
                ui.selectable_value(&mut scenario.model, known.to_owned(), known);
            }
        })
    });
}

fn dataset(ui: &mut Ui, state: &State, scenario: &mut Scenario, queue: &mut Queue) {
    field(
        ui,
        "Dataset",
        "A built-in dataset, a table, NumPy arrays, IDX or .ts files, or a folder of pictures",
        |ui| {
            combo(ui, "Dataset", file_name(&state.scenario.dataset), |ui| {
                open_entry(ui, Command::OpenDataset, queue);
                ui.separator();
                for known in &data::NAMED {
                    ui.selectable_value(&mut scenario.dataset, known.name.to_owned(), known.name)
                        .on_hover_text(known.description);
                }
                for path in recent(ui, &state.history.datasets) {
                    ui.selectable_value(&mut scenario.dataset, path.clone(), file_name(path))
                        .on_hover_text(path);
                }
            })
        },
    );
    let facts = state.data.as_ref().map(|data| {
        let dataset = &data.dataset;
        let test = format::count(dataset.test().len() as u64);
        let layers = match (&state.model, &state.scenario.sequence) {
            (Some(network), _) => format!("; {} layers", network.layers().len()),
            (None, Some(_)) => "; a recurrent network".to_owned(),
            (None, None) => String::new(),
        };
        format!(
            "{test} test samples of {}, {}{layers}",
            dataset.shape(),
            super::data::classes_of(dataset)
        )
    });
    let facts = facts.unwrap_or_else(|| "Nothing loaded yet".to_owned());
    let source = state.data.as_ref().map(|data| data.dataset.source().to_owned());
    let response = kit::caption(ui, &facts);
    if let Some(source) = source {
        response.on_hover_text(source);
    }
    guesses(ui, state);
}

/// What the reader of the dataset took for granted, in one line; the whole, with the options that undo
/// it, on hovering.
fn guesses(ui: &mut Ui, state: &State) {
    let dataset = state.data.as_ref().map(|data| &data.dataset);
    let told: Vec<String> = dataset
        .filter(|_| !state.preview.pending)
        .iter()
        .flat_map(|d| d.guesses())
        .map(ToString::to_string)
        .collect();
    let Some(first) = told.first() else { return };
    let text = match told.len() {
        1 => format!("Read so: {first}"),
        many => format!("Read so ({many}): {first}"),
    };
    let t = theme::tokens(ui);
    let text = egui::RichText::new(text).font(theme::small()).color(t.notice);
    ui.add(egui::Label::new(text).truncate()).on_hover_text(told.join("\n"));
}

fn activation(ui: &mut Ui, state: &State, scenario: &mut Scenario) {
    if state.shows("strategy") {
        strategy(ui, scenario);
    }
    let choice = &mut scenario.activation;
    if choice.kind == ActivationKind::Lookup {
        let about = "Bits of the step number that a table reads, 1 to 6; as the model was trained when automatic";
        field(ui, "Table bits", about, |ui| {
            number_or(ui, &mut choice.bits, TABLE_BITS, 4, "As trained")
        });
        return;
    }
    let method: Option<Method> = choice.method.parse().ok();
    if state.shows("activation") {
        approximation(ui, choice, method);
        if method.is_some_and(Method::takes_coefficients) {
            let polynomial = &mut choice.polynomial;
            if polynomial.is_none() {
                *polynomial = state.lab.choice.own.clone().or_else(|| state.lab.as_typed());
            }
            kit::read_field(ui, OWN_POLYNOMIAL, "setup", polynomial);
        }
    }
    if state.shows("degree") {
        degree(ui, choice, method.is_some_and(|m| m.uses_degree()));
    }
}

/// The method that makes the polynomials.
fn approximation(ui: &mut Ui, choice: &mut ActivationRequest, method: Option<Method>) {
    let shown = match method {
        Some(method) => method.name(),
        None if choice.method == KEEP => "Keep",
        None => choice.method.as_str(),
    }
    .to_owned();
    field(ui, "Activation", "What stands in for the activation function", |ui| {
        combo(ui, "Activation", &shown, |ui| {
            ui.selectable_value(&mut choice.method, KEEP.to_owned(), "Keep")
                .on_hover_text("The model's own polynomial, as it was trained");
            for method in Method::ALL {
                ui.selectable_value(&mut choice.method, method.id().to_owned(), method.name())
                    .on_hover_text(method.summary());
            }
        })
    });
}

/// Degree and interval, which only `fitted` polynomials have to choose.
fn degree(ui: &mut Ui, choice: &mut ActivationRequest, fitted: bool) {
    let degree = "Degree of the polynomial; exact integers carry degree 2, CKKS any that the plan shows as feasible. Only a fitted polynomial has one to choose";
    let interval =
        "The polynomial approximates on [−l, l]. Only a fitted polynomial has one to choose";
    pair(
        ui,
        ("Degree", degree),
        |ui| {
            ui.add_enabled(
                fitted,
                DragValue::new(&mut choice.degree).range(1..=MAX_DEGREE).speed(0.03),
            )
        },
        ("Interval", interval),
        |ui| {
            let value = DragValue::new(&mut choice.interval).range(0.1..=1000.0).speed(0.05);
            ui.add_enabled(fitted, value.max_decimals(2).prefix("±"))
        },
    );
}

/// What becomes of the activations. Lookup tables need TFHE, and TFHE reads lookup tables.
fn strategy(ui: &mut Ui, scenario: &mut Scenario) {
    wrapped(ui, "Strategy", "What becomes of the activation functions", |ui| {
        let kinds = [
            (ActivationKind::Polynomial, "Polynomial", "A polynomial stands in for the function"),
            (
                ActivationKind::Lookup,
                "Lookup table",
                "Any function, exactly, on small integers: one programmable bootstrapping per value, under TFHE",
            ),
        ];
        ui.spacing_mut().item_spacing.x = 2.0;
        for (kind, name, about) in kinds {
            let entry = ui.selectable_value(&mut scenario.activation.kind, kind, name);
            if entry.on_hover_text(about).clicked() {
                scenario.scheme = SchemeRequest::default();
            }
        }
    });
}

fn scheme(ui: &mut Ui, state: &State, scenario: &mut Scenario) {
    let kind = &mut scenario.activation.kind;
    let choice = &mut scenario.scheme;
    if state.shows("scheme") {
        kinds(ui, choice, kind);
    }
    if state.shows("parameters") {
        parameters::show(ui, choice, *kind, state);
    }
}

/// Which scheme.
fn kinds(ui: &mut Ui, choice: &mut SchemeRequest, kind: &mut ActivationKind) {
    wrapped(ui, "Scheme", "What the network is encrypted with", |ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for scheme in SchemeSelector::ALL {
            let name = scheme.scheme().map_or("Auto", SchemeKind::name);
            let entry = ui.selectable_value(&mut choice.kind, scheme, name);
            if entry.on_hover_text(scheme.about()).clicked() {
                *choice = SchemeRequest { kind: scheme, ..SchemeRequest::default() };
                *kind = match scheme {
                    SchemeSelector::Auto => *kind,
                    SchemeSelector::Tfhe => ActivationKind::Lookup,
                    _ => ActivationKind::Polynomial,
                };
            }
        }
    });
}

fn run(ui: &mut Ui, state: &State, scenario: &mut Scenario) {
    if state.shows("samples") {
        samples(ui, scenario);
    }
    if state.shows("seed") {
        field(ui, "Seed", "Seed of everything random; 0 takes fresh randomness", |ui| {
            ui.add(DragValue::new(&mut scenario.seed).speed(0.1))
        });
    }
}

fn samples(ui: &mut Ui, scenario: &mut Scenario) {
    pair(
        ui,
        ("Samples", "Samples of the test split to run"),
        |ui| number_or(ui, &mut scenario.images, 1..=MOST_IMAGES, 256, "All"),
        ("Threads", "Worker threads; one per core when automatic"),
        |ui| number_or(ui, &mut scenario.threads, 1..=MOST_THREADS, 2, "Auto"),
    );
}

/// Height of a list that opens, points; longer ones scroll.
const LIST: f32 = 420.0;
/// A row of choices that goes on below where there is no room for it.
fn wrapped(ui: &mut Ui, name: &str, tooltip: &str, add: impl FnOnce(&mut Ui)) {
    if ui.available_width() >= ROOM_FOR_TWO {
        return row(ui, name, tooltip, add);
    }
    ui.horizontal_wrapped(|ui| {
        kit::fixed_label(ui, name, theme::FIELD_LABEL, tooltip);
        add(ui);
    });
}

fn combo(ui: &mut Ui, id: &str, shown: &str, add: impl FnOnce(&mut Ui)) -> egui::Response {
    ComboBox::from_id_salt(id)
        .selected_text(shown)
        .width(ui.available_width())
        .height(LIST)
        .truncate()
        .show_ui(ui, add)
        .response
}

/// Files of a list that were opened before, under a line of their own where there are some.
fn recent<'a>(ui: &mut Ui, paths: &'a [String]) -> &'a [String] {
    if !paths.is_empty() {
        ui.separator();
        kit::caption(ui, "Opened before");
    }
    paths
}

/// The entry that leads to where a network is written.
fn new_entry(ui: &mut Ui, state: &State, queue: &mut Queue) {
    let command = Command::NewNetwork;
    let entry = egui::Button::selectable(false, "New network…");
    let response = ui.add_enabled(command.is_enabled(state), entry);
    let response = kit::named(response, egui::Role::Button, command.words().label);
    if hover(response, command, state).clicked() {
        queue.push(command);
    }
}

/// First in its list: it stays in sight, however long the list grows.
fn open_entry(ui: &mut Ui, command: Command, queue: &mut Queue) {
    let response = ui.selectable_label(false, "Open…").on_hover_text(command.hover_text(ui.ctx()));
    if kit::named(response, egui::Role::Button, command.words().label).clicked() {
        queue.push(command);
    }
}
