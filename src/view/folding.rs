//! Stages folded into the layers that they belong to.

use super::stages::{Group, Stages};
use circuit::{StageKind, StagePlan};
use report::StageReport;
use std::collections::BTreeSet;
use std::ops::Range;

/// What stands for a place of the plots, or a row of the table: stages that are told of as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    pub stages: Range<usize>,
    /// The one of them that gives the name: the layer itself, without what encryption adds.
    pub main: usize,
    pub name: String,
    /// What it is called where there is little room: without layers that it computes only a part of.
    pub label: String,
    pub kind: Option<StageKind>,
    pub planned: Option<StagePlan>,
    /// Nothing before the last of the stages was measured.
    pub measured: Option<StageReport>,
    /// It stands under its layer.
    pub is_part: bool,
    /// Whether its parts are shown; `None` where it has none.
    pub is_open: Option<bool>,
}

/// The stages of a plan and its run with one place a layer; layers that are open show their stages too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Folding {
    rows: Vec<Place>,
}

impl Folding {
    /// Folds all layers but those whose names are in `open`.
    pub fn new(stages: Stages<'_>, open: &BTreeSet<String>) -> Self {
        let (input, layers) = stages.groups();
        let mut rows = Vec::new();
        let input = Group { stages: input, ..Group::default() };
        for group in std::iter::once(input).chain(layers).filter(|g| !g.stages.is_empty()) {
            let mut whole = Place::of(stages, group.stages.clone());
            if !group.parts_of.is_empty() {
                whole.label = group.name();
            }
            whole.is_open = (group.stages.len() > 1).then(|| open.contains(&whole.name));
            let (main, label, is_open) = (whole.main, whole.label.clone(), whole.is_open);
            rows.push(whole);
            if is_open == Some(true) {
                rows.extend(group.stages.map(|i| {
                    let part = Place { is_part: true, ..Place::of(stages, i..i + 1) };
                    if i == main { Place { label: label.clone(), ..part } } else { part }
                }));
            }
        }
        Self { rows }
    }

    /// The rows of a table: every layer, and below those that are open their parts.
    pub fn rows(&self) -> &[Place] {
        &self.rows
    }

    /// Number of layers, the input counted.
    pub fn layers(&self) -> usize {
        self.rows.iter().filter(|place| !place.is_part).count()
    }

    /// The places of a plot: every layer, or its parts where it is open.
    pub fn places(&self) -> Vec<&Place> {
        self.rows.iter().filter(|place| place.is_open != Some(true)).collect()
    }
}

impl Place {
    fn of(all: Stages<'_>, stages: Range<usize>) -> Self {
        let main = stages.clone().find(|i| !all.layers(*i).is_empty()).unwrap_or(stages.start);
        let planned: Option<Vec<_>> = stages.clone().map(|i| all.planned(i)).collect();
        let measured: Option<Vec<_>> = stages.clone().map(|i| all.measured(i)).collect();
        let at = main - stages.start;
        Self {
            main,
            name: all.name(main).to_owned(),
            label: all.name(main).to_owned(),
            kind: all.kind(main),
            planned: planned.and_then(|planned| fold_plan(&planned, at)),
            measured: measured.and_then(|measured| fold_report(&measured, at)),
            is_part: false,
            is_open: None,
            stages,
        }
    }

    /// What another run with the same stages measured here.
    pub fn of_run(&self, stages: &[StageReport]) -> Option<StageReport> {
        let own: Vec<_> = stages.get(self.stages.clone())?.iter().collect();
        fold_report(&own, self.main - self.stages.start)
    }
}

/// Predictions of stages as one: their time together, and what there is after the last.
fn fold_plan(stages: &[&StagePlan], main: usize) -> Option<StagePlan> {
    let (main, last) = (stages.get(main)?, stages.last()?);
    Some(StagePlan {
        name: main.name.clone(),
        layers: main.layers.clone(),
        kind: main.kind,
        secs: stages.iter().map(|s| s.secs).sum(),
        ..(*last).clone()
    })
}

/// The same of what was measured; wrong values add up, and of errors the largest counts.
fn fold_report(stages: &[&StageReport], main: usize) -> Option<StageReport> {
    let (main, last) = (stages.get(main)?, stages.last()?);
    let sum = |of: fn(&StageReport) -> f64| stages.iter().map(|s| of(s)).sum();
    let largest =
        |of: fn(&StageReport) -> Option<f64>| stages.iter().filter_map(|s| of(s)).reduce(f64::max);
    Some(StageReport {
        name: main.name.clone(),
        kind: main.kind,
        secs: sum(|s| s.secs),
        secs_predicted: sum(|s| s.secs_predicted),
        plain_secs: sum(|s| s.plain_secs),
        max_abs_error: largest(|s| s.max_abs_error),
        max_abs_error_predicted: largest(|s| s.max_abs_error_predicted),
        wrong_values: stages.iter().map(|s| s.wrong_values).sum(),
        ..(*last).clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunView;
    use scenario::Scenario;

    fn stage(name: &str, kind: StageKind, secs: f64, margin: f64) -> StageReport {
        StageReport {
            name: name.to_owned(),
            kind,
            secs,
            secs_predicted: 2.0 * secs,
            plain_secs: secs / 4.0,
            ciphertexts: 9,
            components: 2,
            log2_q: 10.0 * margin,
            ciphertext_bytes: (100.0 * margin) as u64,
            plain_bytes: 36,
            margin_bits_predicted: margin + 1.0,
            margin_bits_measured: Some(margin),
            max_abs_error: Some(1.0 / margin),
            max_abs_error_predicted: None,
            wrong_values: secs as u64,
        }
    }

    /// A run of a square whose relinearisation is a stage of its own.
    fn squared() -> RunView {
        let mut run = RunView::new(Scenario::open("digits").unwrap());
        run.stages = vec![
            Some(stage("input", StageKind::Input, 1.0, 64.0)),
            Some(stage("conv", StageKind::Linear, 2.0, 32.0)),
            Some(stage("square", StageKind::Square, 4.0, 8.0)),
            Some(stage("relinearise + switch", StageKind::Switch, 8.0, 16.0)),
            Some(stage("output", StageKind::Linear, 16.0, 4.0)),
        ];
        run
    }

    fn folding(run: &RunView, open: &[&str]) -> Folding {
        let open = open.iter().map(|&name| name.to_owned()).collect();
        Folding::new(Stages { plan: None, run: Some(run) }, &open)
    }

    fn names<'a>(places: impl IntoIterator<Item = &'a Place>) -> Vec<&'a str> {
        places.into_iter().map(|place| place.name.as_str()).collect()
    }

    #[test]
    fn times_add_up_and_the_rest_is_that_behind_the_last_stage() {
        let run = squared();
        let folding = folding(&run, &[]);
        assert_eq!(names(folding.rows()), ["input", "conv", "square", "output"]);
        assert_eq!(names(folding.places()), ["input", "conv", "square", "output"]);
        let square = &folding.rows()[2];
        assert_eq!((square.stages.clone(), square.main, square.is_open), (2..4, 2, Some(false)));
        let told = square.measured.as_ref().unwrap();
        assert_eq!((told.name.as_str(), told.kind), ("square", StageKind::Square));
        assert_eq!((told.secs, told.secs_predicted, told.plain_secs), (12.0, 24.0, 3.0));
        assert_eq!((told.margin_bits_measured, told.margin_bits_predicted), (Some(16.0), 17.0));
        assert_eq!((told.log2_q, told.ciphertext_bytes), (160.0, 1600));
        // 4 and 8 wrong; the larger error is that of the square.
        assert_eq!((told.wrong_values, told.max_abs_error), (12, Some(0.125)));
        // A layer of one stage is that stage.
        assert_eq!(folding.rows()[1].measured, run.stages[1]);
        assert_eq!(folding.rows()[1].is_open, None);
    }

    #[test]
    fn a_layer_that_is_open_has_its_parts_below_it_and_in_its_place_in_the_plots() {
        let run = squared();
        let folding = folding(&run, &["square", "conv"]);
        let parts = ["square", "relinearise + switch"];
        assert_eq!(names(folding.places()), ["input", "conv", parts[0], parts[1], "output"]);
        assert_eq!(names(folding.rows())[2..5], ["square", parts[0], parts[1]]);
        let secs = |at: usize| folding.rows()[at].measured.as_ref().unwrap().secs;
        assert_eq!([secs(2), secs(3), secs(4)], [12.0, 4.0, 8.0]);
        let is_part: Vec<_> = folding.rows().iter().map(|place| place.is_part).collect();
        assert_eq!(is_part, [false, false, false, true, true, false]);
        assert_eq!((folding.rows()[2].is_open, folding.layers()), (Some(true), 4));
    }

    #[test]
    fn a_layer_that_shares_its_stage_with_parts_of_others_is_called_by_its_own_name() {
        let mut run = squared();
        run.stages = vec![
            Some(stage("conv", StageKind::Linear, 1.0, 64.0)),
            Some(stage("relu", StageKind::Square, 2.0, 32.0)),
            Some(stage("relu + output", StageKind::Linear, 4.0, 16.0)),
            Some(stage("relinearise + switch", StageKind::Switch, 8.0, 8.0)),
            Some(stage("pool + scores", StageKind::Linear, 16.0, 4.0)),
        ];
        let labels = |folding: &Folding| {
            folding.places().iter().map(|place| place.label.clone()).collect::<Vec<_>>()
        };
        let folded = folding(&run, &[]);
        assert_eq!(names(folded.places()), ["conv", "relu", "relu + output", "pool + scores"]);
        assert_eq!(labels(&folded), ["conv", "relu", "output", "pool + scores"]);
        let open = labels(&folding(&run, &["relu + output"]));
        assert_eq!(open[2..4], ["output", "relinearise + switch"]);
    }

    #[test]
    fn a_key_switch_is_told_with_its_table_and_a_layer_half_measured_is_not_told_yet() {
        let mut run = squared();
        run.stages = vec![
            Some(stage("dense1", StageKind::Linear, 1.0, 64.0)),
            Some(stage("relu1 key switch", StageKind::KeySwitch, 2.0, 32.0)),
            Some(stage("relu1", StageKind::Lookup, 4.0, 8.0)),
        ];
        let whole = folding(&run, &[]);
        assert_eq!(names(whole.rows()), ["dense1", "relu1"]);
        let relu = &whole.rows()[1];
        assert_eq!((relu.stages.clone(), relu.main), (1..3, 2));
        let told = relu.measured.as_ref().unwrap();
        assert_eq!((told.secs, told.margin_bits_measured), (6.0, Some(8.0)));
        // Another run with these stages is folded alike.
        let stages: Vec<_> = run.stages.iter().flatten().cloned().collect();
        assert_eq!(relu.of_run(&stages), relu.measured);
        assert_eq!(relu.of_run(&stages[..2]), None);
        let mut run = squared();
        run.stages[3] = None;
        assert_eq!(folding(&run, &[]).rows()[2].measured, None);
    }
}
