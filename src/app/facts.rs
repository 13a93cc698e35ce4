//! What lessons are told of the window.

use crate::curves;
use crate::state::State;
use lesson::{Facts, Session, Value};
use scenario::Scenario;
use std::time::Instant;
use strip::Source;
use view::{Compared, Origin, RunView, Stages, Status, TaskStatus};

impl Facts for State {
    fn fact(&self, name: &str) -> Option<Value> {
        let (group, what) = name.split_once('.').unwrap_or((name, ""));
        match group {
            "setup" => setting(&self.scenario, what),
            "tab" => Some(word(self.tab.spec().name)),
            "eyes" => Some(word(self.eyes().name())),
            "layer" => Some(word(self.shown_layer().unwrap_or("none"))),
            "plan" => self.plan_fact(what),
            "run" => self.run_fact(what),
            "lab" => self.lab_fact(what),
            "sweep" => self.sweep_fact(what),
            "compare" => self.compare_fact(what),
            "training" => self.training_fact(what),
            "leak" => self.leak_fact(what),
            "look" => self.look_fact(what),
            _ => None,
        }
    }

    fn places(&self, name: &str) -> Vec<String> {
        match name {
            "run.margins" => {
                let stages = curves::of(self).stages;
                (0..stages.len()).map(|i| stages.name(i).to_owned()).collect()
            }
            "sweep.accuracies" => {
                let degrees = self.sweep.choice.degrees().unwrap_or_default();
                degrees.into_iter().map(|degree| degree.to_string()).collect()
            }
            "compare.seconds" => ["BGV", "CKKS", "TFHE"].map(str::to_owned).to_vec(),
            _ => Vec::new(),
        }
    }
}

impl State {
    /// Whether results are of the lesson that is on; of any time where none is.
    pub(super) fn is_of_lesson(&self, origin: &Origin) -> bool {
        let began: Option<Instant> = self.lesson.as_ref().map(Session::began);
        began.is_none_or(|began| origin.is_since(began))
    }

    /// The run of the setup as it stands, since the lesson began.
    fn own_run(&self) -> Option<&RunView> {
        // One that was opened is nobody's own.
        let run = self.whole_run().filter(|run| run.from.is_none() && self.run_is_of_setup())?;
        Some(run).filter(|run| self.is_of_lesson(&run.origin))
    }

    fn plan_fact(&self, what: &str) -> Option<Value> {
        let preview = &self.preview;
        let plan = preview.plan.as_deref().filter(|_| !preview.pending);
        if what == "status" {
            return Some(word(match (plan, self.refusal()) {
                _ if preview.pending => "pending",
                (_, Some(_)) => "refused",
                (Some(_), None) => "ready",
                (None, None) => "pending",
            }));
        }
        let plan = plan?;
        Some(match what {
            "scheme" => word(plan.scheme.name()),
            "ring_degree" => Value::Number(plan.ring_degree as f64),
            "modulus_bits" => Value::Number(plan.log2_q),
            "security" => Value::Number(f64::from(plan.security_bits)),
            "margin" => Value::Number(plan.margin_bits()),
            "seconds" => Value::Number(plan.secs.total()),
            "upload" => Value::Number(plan.bytes.upload as f64),
            _ => return None,
        })
    }

    fn run_fact(&self, what: &str) -> Option<Value> {
        let run = self.own_run();
        if what == "status" {
            return Some(word(match run.map(|run| (&run.status, run.is_wrong())) {
                None => "none",
                Some((Status::Running, _)) => "running",
                Some((Status::Finished, false)) => "right",
                Some((Status::Finished, true)) => "wrong",
                Some((Status::Stopped, _)) => "stopped",
                Some((Status::Failed(_), _)) => "failed",
            }));
        }
        let run = run?;
        let report = run.report.as_deref()?;
        let plan = run.plan.as_deref();
        let source =
            Source { stages: Stages { plan, run: Some(run) }, network: self.model.as_deref() };
        let images = report.images.max(1) as f64;
        let share = |of: f64| Some(of).filter(|_| !run.is_wrong());
        let number = match what {
            "samples" => Some(report.images as f64),
            "times_slower" => strip::times_slower(&source),
            "times_more_bytes" => strip::times_bytes(&source),
            "seconds" => Some(report.encrypted.total_secs),
            "seconds_per_sample" => Some(report.encrypted.total_secs / images),
            "upload" => Some(report.bytes.upload as f64),
            "upload_per_sample" => Some(report.bytes.upload as f64 / images),
            "original" => Some(report.plain.accuracy),
            "reference" => Some(report.plain.integer_accuracy),
            // What decrypted wrongly is no answer.
            "encrypted" => share(report.encrypted.accuracy),
            "agreement" => share(report.encrypted.agreement),
            "wrong_outputs" => Some(report.encrypted.wrong_outputs as f64),
            "margin" => {
                let margins = report.stages.iter().filter_map(|s| s.margin_bits_measured);
                margins.min_by(f64::total_cmp)
            }
            "margins" => {
                let margin = |s: &report::StageReport| {
                    Some((
                        s.name.clone(),
                        s.margin_bits_measured.unwrap_or(s.margin_bits_predicted),
                    ))
                };
                return Some(Value::Curve(report.stages.iter().filter_map(margin).collect()));
            }
            _ => None,
        };
        number.map(Value::Number)
    }

    fn look_fact(&self, what: &str) -> Option<Value> {
        let seen = &self.ciphertext;
        let number = match what {
            "encrypted" => seen.times,
            "flipped" => usize::from(seen.flipped),
            "drawn" => self.pad.answered,
            _ => return None,
        };
        Some(Value::Number(number as f64))
    }

    fn lab_fact(&self, what: &str) -> Option<Value> {
        let lab = &self.lab;
        let own = lab.checked.of.as_ref() == Some(&lab.approximations());
        let check = lab
            .checked
            .check
            .as_ref()
            .filter(|check| own && !lab.checked.pending && check.samples == check.of);
        match what {
            "method" => Some(word(lab.choice.method.name())),
            "degree" => Some(Value::Number(lab.choice.degree as f64)),
            "accuracy" => Some(Value::Number(check?.accuracy)),
            // The model was trained with its own function.
            "exact" if lab.choice.function.is_none() => Some(Value::Number(check?.model_accuracy)),
            "exact" => Some(Value::Number(lab.exact.as_ref()?.1)),
            _ => None,
        }
    }

    fn sweep_fact(&self, what: &str) -> Option<Value> {
        let sweep = &self.sweep;
        let own = sweep.origin.as_ref().is_some_and(|origin| self.is_of_lesson(origin));
        match what {
            "status" => Some(word(task(&sweep.status, own))),
            "accuracies" if own => {
                let first = sweep.newest().next()?;
                let rows = sweep.newest().filter(|row| row.is_of_series(first));
                let point = |row: &view::SweptRow| Some((row.degree, row.replaced?.accuracy));
                let mut points: Vec<(usize, f64)> = rows.filter_map(point).collect();
                points.sort_by_key(|(degree, _)| *degree);
                let named = points.into_iter().map(|(degree, of)| (degree.to_string(), of));
                Some(Value::Curve(named.collect()))
            }
            _ => None,
        }
    }

    fn compare_fact(&self, what: &str) -> Option<Value> {
        let compare = &self.compare;
        let schemes = compare.of == Compared::Schemes;
        let origin = compare.origin.as_ref().filter(|_| schemes);
        let own = origin.is_some_and(|origin| self.is_of_lesson(origin));
        match what {
            "status" => Some(word(task(&compare.status, own))),
            "seconds" if own => {
                let ran = compare.rows.iter().filter(|row| row.refusal.is_none());
                Some(Value::Curve(ran.map(|row| (row.scheme.clone(), row.latency_secs)).collect()))
            }
            _ => None,
        }
    }

    fn training_fact(&self, what: &str) -> Option<Value> {
        let training = &self.cryptonn;
        let own = training.origin.as_ref().is_some_and(|origin| self.is_of_lesson(origin));
        let last = training.epochs.last().filter(|_| own);
        match what {
            "status" => Some(word(task(&training.status, own))),
            "encrypted" => Some(Value::Number(last?.accuracy.encrypted)),
            "plain" => Some(Value::Number(last?.accuracy.float)),
            _ => None,
        }
    }

    fn leak_fact(&self, what: &str) -> Option<Value> {
        let leak = &self.leak;
        let found = leak.open.found.is_some();
        match what {
            "status" => Some(word(match (leak.pending, found) {
                (true, _) => "pending",
                (false, true) => "found",
                (false, false) => "none",
            })),
            "identified" if found => Some(Value::Number(leak.open.score.identified)),
            "certain" if found => Some(Value::Number(leak.open.score.certain)),
            _ => None,
        }
    }
}

fn word(text: &str) -> Value {
    Value::Word(text.to_owned())
}

/// How work of the lesson stands.
fn task(status: &TaskStatus, own: bool) -> &'static str {
    match status {
        _ if !own => "none",
        TaskStatus::Idle => "none",
        TaskStatus::Running => "running",
        TaskStatus::Finished => "finished",
        TaskStatus::Stopped => "stopped",
        TaskStatus::Failed(_) => "failed",
    }
}

/// A setting as it stands; the word `auto` where it is left to the planner.
fn setting(scenario: &Scenario, key: &str) -> Option<Value> {
    let whole = serde_json::to_value(scenario).ok()?;
    let value = key.split('.').try_fold(&whole, |at, part| at.get(part));
    Some(match value {
        Some(serde_json::Value::Number(number)) => Value::Number(number.as_f64()?),
        Some(serde_json::Value::String(text)) => word(text),
        Some(serde_json::Value::Bool(on)) => word(if *on { "true" } else { "false" }),
        Some(_) => return None,
        None => word("auto"),
    })
}
