//! The setup: scenario, model, dataset, activation strategy, scheme and parameters.

use crate::action::Action;
use crate::command::Command;
use crate::panels::button::hover;
use crate::queue::Queue;
use crate::state::State;
use crate::tab::Tab;
use activation::{MAX_DEGREE, Method};
use circuit::{Plan, SchemeKind};
use egui::{ComboBox, DragValue, Ui};
use kit::{field, row, theme};
use scenario::{ActivationKind, ActivationRequest, Scenario, SchemeRequest, SchemeSelector};
use view::file_name;

/// The method that keeps the activations of the model.
const KEEP: &str = "keep";
const RING_DEGREES: &[usize] = &[2048, 4096, 8192, 16384, 32768, 65536];
/// Limits of what can be typed; what of it works the planner says.
const PRIME_BITS: std::ops::RangeInclusive<u32> = 30..=50;
const PLAINTEXT_BITS: std::ops::RangeInclusive<u32> = 14..=40;
const QUANTISER_BITS: std::ops::RangeInclusive<u32> = 2..=12;
const PRIME_COUNT: std::ops::RangeInclusive<usize> = 1..=48;
const TABLE_BITS: std::ops::RangeInclusive<u32> = 1..=6;
const TABLE_DEGREES: &[usize] = &[512, 1024, 2048, 4096, 8192];
const LWE_DIMENSIONS: std::ops::RangeInclusive<usize> = 440..=1200;
const PRECISION_BITS: std::ops::RangeInclusive<u32> = 0..=30;
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
        combo(ui, "Scenario", &scenario.name, |ui| {
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
        kit::caption(ui, &scenario.description).on_hover_text(&scenario.description);
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
            optional(ui, &mut choice.bits, TABLE_BITS, 4, "As trained")
        });
        return;
    }
    let method: Option<Method> = choice.method.parse().ok();
    if state.shows("activation") {
        approximation(ui, choice, method);
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
    let plan = state.preview.plan.as_deref();
    let kind = &mut scenario.activation.kind;
    let choice = &mut scenario.scheme;
    if state.shows("scheme") {
        kinds(ui, choice, kind);
    }
    if state.shows("parameters") {
        by_hand(ui, choice, *kind, plan);
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

/// Parameters, those of the planner or one's own.
fn by_hand(ui: &mut Ui, choice: &mut SchemeRequest, kind: ActivationKind, plan: Option<&Plan>) {
    let mut by_hand = *choice != SchemeRequest { kind: choice.kind, ..SchemeRequest::default() };
    row(ui, "Parameters", "Let the planner choose, or set each by hand", |ui| {
        if ui.checkbox(&mut by_hand, "By hand").changed() {
            *choice = if by_hand {
                from_plan(choice.kind, plan)
            } else {
                SchemeRequest { kind: choice.kind, ..SchemeRequest::default() }
            };
        }
    });
    if by_hand && kind == ActivationKind::Lookup {
        table_parameters(ui, choice);
    } else if by_hand {
        let is_real = choice.kind == SchemeSelector::Ckks
            || plan.is_some_and(|p| p.scheme == SchemeKind::Ckks);
        parameters(ui, choice, is_real);
    }
}

/// Parameters by hand start from what the planner chose.
fn from_plan(kind: SchemeSelector, plan: Option<&Plan>) -> SchemeRequest {
    if let Some(tables) = plan.and_then(|p| p.tables.as_ref()) {
        return SchemeRequest {
            kind,
            ring_degree: Some(tables.polynomial_size),
            lwe_dimension: Some(tables.lwe_dimension),
            ..SchemeRequest::default()
        };
    }
    SchemeRequest {
        kind,
        ring_degree: Some(plan.map_or(8192, |p| p.ring_degree)),
        prime_count: plan.map(|p| p.primes.len()),
        // Primes of an approximate plan have different sizes.
        prime_bits: plan
            .filter(|p| p.approximate.is_none())
            .and_then(|p| p.primes.first())
            .map(|p| bits(*p)),
        plaintext_bits: plan.and_then(|p| p.plaintext_moduli.first()).map(|t| bits(*t)),
        ..SchemeRequest::default()
    }
}

/// Parameters of TFHE.
fn table_parameters(ui: &mut Ui, choice: &mut SchemeRequest) {
    pair(
        ui,
        (
            "Degree N",
            "Degree of the polynomials of a bootstrapping; larger gives finer tables, slower",
        ),
        |ui| {
            let shown = choice.ring_degree.map_or("Auto".to_owned(), |n| n.to_string());
            ComboBox::from_id_salt("Polynomial size")
                .selected_text(shown)
                .width(FIRST)
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut choice.ring_degree, None, "Auto");
                    for n in TABLE_DEGREES {
                        ui.selectable_value(&mut choice.ring_degree, Some(*n), n.to_string());
                    }
                })
                .response
        },
        (
            "Dimension n",
            "Dimension of the ciphertexts that are bootstrapped; larger is less noisy, slower",
        ),
        |ui| optional(ui, &mut choice.lwe_dimension, LWE_DIMENSIONS, 700, "Auto"),
    );
    past_budget(ui, choice);
}

fn parameters(ui: &mut Ui, choice: &mut SchemeRequest, is_real: bool) {
    let precision =
        "Bits of precision that outputs must have; automatic, what leaves the answers as they are";
    let degree = "N: slots of a ciphertext; larger is more secure and slower";
    let plaintext = "Bits of the plaintext modulus t";
    pair(
        ui,
        ("Ring degree", degree),
        |ui| {
            let shown = choice.ring_degree.map_or("Auto".to_owned(), |n| n.to_string());
            ComboBox::from_id_salt("Ring degree")
                .selected_text(shown)
                .width(FIRST)
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut choice.ring_degree, None, "Auto");
                    for n in RING_DEGREES {
                        ui.selectable_value(&mut choice.ring_degree, Some(*n), n.to_string());
                    }
                })
                .response
        },
        if is_real { ("Precision", precision) } else { ("t bits", plaintext) },
        |ui| match is_real {
            true => optional(ui, &mut choice.precision_bits, PRECISION_BITS, 10, "Auto"),
            false => optional(ui, &mut choice.plaintext_bits, PLAINTEXT_BITS, 20, "Auto"),
        },
    );
    pair(
        ui,
        ("Primes", "Number of primes in the ciphertext modulus q"),
        |ui| optional(ui, &mut choice.prime_count, PRIME_COUNT, 4, "Auto"),
        ("Prime bits", "Bits of each prime"),
        |ui| optional(ui, &mut choice.prime_bits, PRIME_BITS, 45, "Auto"),
    );
    if !is_real {
        let grid = "The model's own grid when both are automatic";
        pair(
            ui,
            ("Input bits", grid),
            |ui| optional(ui, &mut choice.input_bits, QUANTISER_BITS, 4, "Auto"),
            ("Weight bits", grid),
            |ui| optional(ui, &mut choice.weight_bits, QUANTISER_BITS, 5, "Auto"),
        );
    }
    past_budget(ui, choice);
}

fn past_budget(ui: &mut Ui, choice: &mut SchemeRequest) {
    let t = theme::tokens(ui);
    ui.checkbox(&mut choice.past_budget, "Run past the noise budget").on_hover_text(
        "Runs even when the predicted margin says that decryption will fail, to see it fail. Security is still checked.",
    );
    if choice.past_budget {
        let text = egui::RichText::new("Answers may decrypt wrongly").font(theme::small());
        ui.label(text.color(t.notice));
    }
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
        |ui| optional(ui, &mut scenario.images, 1..=MOST_IMAGES, 256, "All"),
        ("Threads", "Worker threads; one per core when automatic"),
        |ui| optional(ui, &mut scenario.threads, 1..=MOST_THREADS, 2, "Auto"),
    );
}

/// Height of a list that opens, points; longer ones scroll.
const LIST: f32 = 420.0;
/// Width of the first control of a row with two, and of the name of the second.
const FIRST: f32 = 70.0;
const SECOND_LABEL: f32 = 68.0;
/// Narrower than this the two stand on rows of their own.
const ROOM_FOR_TWO: f32 = 280.0;

type Named<'a> = (&'a str, &'a str);

/// Two controls with name and tooltip, on one row where there is room.
fn pair(
    ui: &mut Ui,
    first: Named<'_>,
    add_first: impl FnOnce(&mut Ui) -> egui::Response,
    second: Named<'_>,
    add_second: impl FnOnce(&mut Ui) -> egui::Response,
) {
    if ui.available_width() < ROOM_FOR_TWO {
        field(ui, first.0, first.1, add_first);
        field(ui, second.0, second.1, add_second);
        return;
    }
    ui.horizontal(|ui| {
        let label = kit::fixed_label(ui, first.0, theme::FIELD_LABEL, first.1);
        let left = ui.cursor().left();
        ui.spacing_mut().item_spacing.x = 3.0;
        add_first(ui).labelled_by(label.id).on_hover_text(first.1);
        ui.add_space((left + FIRST + 6.0 - ui.cursor().left()).max(0.0));
        let label = kit::fixed_label(ui, second.0, SECOND_LABEL, second.1);
        add_second(ui).labelled_by(label.id).on_hover_text(second.1);
    });
}

/// A number that may be left to the program; `unset` says so.
fn optional<T: egui::emath::Numeric>(
    ui: &mut Ui,
    value: &mut Option<T>,
    range: std::ops::RangeInclusive<T>,
    start: T,
    unset: &str,
) -> egui::Response {
    let Some(number) = value else {
        let response = ui.button(unset);
        if response.clicked() {
            *value = Some(start);
        }
        return response;
    };
    let response = ui.add(DragValue::new(number).range(range).speed(0.1));
    let back = ui.add(egui::Button::new("×").small().frame(false)).on_hover_text(unset);
    if kit::named(back, egui::Role::Button, unset).clicked() {
        *value = None;
    }
    response
}

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

fn bits(value: u64) -> u32 {
    u64::BITS - value.leading_zeros()
}
