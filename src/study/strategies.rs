//! Every strategy that fits, side by side.

use crate::strategy_row::{COMPARISON_SCHEMA_VERSION, StrategyComparison, StrategyRow, note};
use activation::Method;
use circuit::{NoiseStrategy, RecurrentCircuit};
use progress::{Cancel, Cancelled};
use recurrent::SequenceSession;
use report::{Event, RunReport};
use scenario::{LayerRequests, RunError, Scenario};
use std::sync::Arc;

/// Seconds that a row may take by prediction, unless told otherwise.
const ROW_SECS: f64 = 15.0;

/// Sequences that are bootstrapped at least: one after another they take their time.
const LEAST_BOOTSTRAPPED: usize = 2;

/// Steps by which the length of a chain that takes too long is corrected, at most.
const CORRECTIONS: usize = 8;

/// How the work on one chain grows with its steps: each of them at more levels.
const CHAIN_GROWTH: f64 = 2.0;

/// What shall be compared.
#[derive(Clone, Debug, PartialEq)]
pub struct StrategyRequest {
    /// Seconds a row may take by prediction; where all steps or all sequences take longer, fewer
    /// are run and the row says so. Everything is run when left out.
    pub row_secs: Option<f64>,
    /// Polynomials in the place of the exact functions, without training: a row each.
    pub activations: Vec<Method>,
}

impl Default for StrategyRequest {
    fn default() -> Self {
        Self { row_secs: Some(ROW_SECS), activations: Vec::new() }
    }
}

/// What a comparison tells while it goes on.
#[derive(Clone, Debug)]
pub enum StrategyEvent {
    /// Row `row` of `of` begins, `scenario` is about to be run; without one a sequence alone of the
    /// scenario before.
    Begin { row: usize, of: usize, name: String, scenario: Option<Box<Scenario>> },
    /// From the run that goes on.
    Run(Event),
    /// A row is finished; with the report where it was run.
    Row { row: Box<StrategyRow>, report: Option<Box<RunReport>> },
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Setting {
    strategy: NoiseStrategy,
    refresh_every: Option<usize>,
    steps: Option<usize>,
    method: Option<Method>,
}

impl Setting {
    fn of(strategy: NoiseStrategy) -> Self {
        Self { strategy, refresh_every: None, steps: None, method: None }
    }

    fn name(&self) -> String {
        let name = self.strategy.name();
        match (self.method, self.refresh_every) {
            (Some(method), _) => format!("{name}, {}", method.name()),
            (None, Some(every)) => format!("{name} every {every}"),
            (None, None) => name.to_owned(),
        }
    }
}

/// The work of one row on its way.
struct Telling<'a> {
    row: usize,
    of: usize,
    cancel: &'a Cancel,
    on_event: &'a (dyn Fn(StrategyEvent) + Sync),
}

/// Runs every strategy that fits, one after the other; `on_event` is told of each as it is there.
/// Rows that are finished stay when the work is stopped.
///
/// # Errors
/// When the scenario cannot be run at all.
pub fn compare_strategies(
    base: &SequenceSession,
    request: &StrategyRequest,
    cancel: &Cancel,
    on_event: &(dyn Fn(StrategyEvent) + Sync),
) -> Result<StrategyComparison, RunError> {
    let choice = base.choice();
    let steps = choice.steps;
    let mut settings: Vec<Setting> = vec![
        Setting { steps, ..Setting::of(NoiseStrategy::Levelled) },
        Setting {
            steps,
            refresh_every: choice.refresh_every,
            ..Setting::of(NoiseStrategy::Refresh)
        },
        Setting { steps, refresh_every: Some(1), ..Setting::of(NoiseStrategy::Refresh) },
    ];
    let method = |method: &Method| Setting {
        steps,
        refresh_every: choice.refresh_every,
        method: Some(*method),
        ..Setting::of(NoiseStrategy::Refresh)
    };
    settings.extend(request.activations.iter().map(method));
    settings.push(Setting { steps, ..Setting::of(NoiseStrategy::ClientAided) });
    if cfg!(feature = "tfhe") {
        settings.push(Setting { steps, ..Setting::of(NoiseStrategy::Bootstrap) });
    }
    let mut comparison = StrategyComparison {
        schema_version: COMPARISON_SCHEMA_VERSION,
        scenario: base.scenario.name.clone(),
        model: base.model.name().to_owned(),
        dataset: base.dataset.name().to_owned(),
        threads: base.threads()?,
        ..StrategyComparison::default()
    };
    let of = settings.len();
    for (row, setting) in settings.into_iter().enumerate() {
        let by_hand = setting.refresh_every.filter(|_| setting.method.is_none());
        let same = |r: &StrategyRow| {
            r.strategy == setting.strategy
                && r.refused.is_none()
                && Some(r.refresh_every) == by_hand
        };
        if comparison.rows.iter().any(same) {
            continue;
        }
        let telling = Telling { row, of, cancel, on_event };
        match one_row(base, setting, request, &telling) {
            Ok((made, report)) => {
                let row = Box::new(made.clone());
                on_event(StrategyEvent::Row { row, report: report.map(Box::new) });
                comparison.rows.push(made);
            }
            Err(RunError::Cancelled(Cancelled)) => {
                comparison.rows_left = of - row;
                break;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(comparison)
}

/// The same session with another strategy.
fn with_setting(base: &SequenceSession, setting: Setting) -> Result<SequenceSession, RunError> {
    let mut choice = base.choice();
    choice.strategy = setting.strategy;
    (choice.refresh_every, choice.steps) = (setting.refresh_every, setting.steps);
    let mut scenario = Scenario { sequence: Some(choice), ..base.scenario.clone() };
    if let Some(method) = setting.method {
        scenario.activation.method = method.id().to_owned();
        scenario.activation.layers = LayerRequests::Same;
    }
    let made =
        SequenceSession::with(&scenario, Arc::clone(&base.dataset), Arc::clone(&base.model))?;
    // One chain is as long whatever else is done about the noise, with the same polynomials.
    Ok(if setting.method.is_none() { made.with_chain_known_to(base) } else { made })
}

/// The same session on the first `images` sequences.
fn with_images(base: &SequenceSession, images: usize) -> Result<SequenceSession, RunError> {
    let scenario = Scenario { images: Some(images), ..base.scenario.clone() };
    let made =
        SequenceSession::with(&scenario, Arc::clone(&base.dataset), Arc::clone(&base.model))?;
    Ok(made.with_chain_known_to(base))
}

fn steps(base: &SequenceSession) -> usize {
    base.choice().steps.unwrap_or_else(|| base.all_steps())
}

fn one_row(
    base: &SequenceSession,
    setting: Setting,
    request: &StrategyRequest,
    telling: &Telling,
) -> Result<(StrategyRow, Option<RunReport>), RunError> {
    let cancel = telling.cancel;
    let begin = |name: String, scenario: Option<&Scenario>| {
        let (row, of) = (telling.row, telling.of);
        let scenario = scenario.map(|s| Box::new(s.clone()));
        (telling.on_event)(StrategyEvent::Begin { row, of, name, scenario });
    };
    begin(setting.name(), Some(&with_setting(base, setting)?.scenario));
    let fitted = match setting.strategy {
        NoiseStrategy::Levelled => chain_within(base, setting, request, cancel),
        _ => sequences_within(base, setting, request, cancel),
    };
    let ran = fitted.and_then(|(session, why)| {
        let report = session.run(cancel, &|event| (telling.on_event)(StrategyEvent::Run(event)))?;
        Ok((session, report, why))
    });
    let (session, report, why) = match ran {
        Ok(ran) => ran,
        Err(RunError::Cancelled(c)) => return Err(c.into()),
        Err(error) => {
            let activation = setting.method.map_or(String::new(), |m| m.name().to_owned());
            let reason = error.to_string();
            let row = StrategyRow::refused(setting.strategy, activation, steps(base), reason);
            return Ok((row, None));
        }
    };
    // One sequence alone, where parameters of its own are others.
    let alone = with_images(&session, 1)?;
    let alone = if is_best_for_one(&session, &alone, cancel)? {
        None
    } else {
        begin(format!("{}, one sequence", setting.name()), None);
        let follow = |event| {
            if matches!(event, Event::Progress { .. }) {
                (telling.on_event)(StrategyEvent::Run(event));
            }
        };
        Some(alone.run(cancel, &follow)?)
    };
    let no_row = || RunError::Refused("the run has no steps".into());
    let mut row = StrategyRow::of(&report, alone.as_ref()).ok_or_else(no_row)?;
    row.all_steps = steps(base);
    row.note = note((row.steps, row.all_steps), (row.sequences, base.images()?), why);
    Ok((row, Some(report)))
}

/// Whether a sequence alone would be run with the same ring degree and as many steps to a fresh
/// state, and so take as long as a batch.
fn is_best_for_one(
    base: &SequenceSession,
    alone: &SequenceSession,
    cancel: &Cancel,
) -> Result<bool, RunError> {
    if base.choice().strategy == NoiseStrategy::Bootstrap {
        return Ok(true);
    }
    let (all, one) = (base.circuit(cancel)?, alone.circuit(cancel)?);
    let of = |c: &RecurrentCircuit| (c.plan.ring_degree, c.sequence.refresh_every);
    Ok(of(&all) == of(&one))
}

/// One chain of all steps, or of as many as fit and as there is time for.
fn chain_within(
    base: &SequenceSession,
    setting: Setting,
    request: &StrategyRequest,
    cancel: &Cancel,
) -> Result<(SequenceSession, Option<String>), RunError> {
    let all = steps(base);
    let whole = with_setting(base, setting)?;
    let (mut session, why) = match whole.circuit(cancel) {
        Ok(_) => (whole, None),
        Err(RunError::Plan(_)) => {
            let longest = base.longest_chain(cancel)?;
            let steps = longest.clamp(1, all.saturating_sub(1).max(1));
            let session = with_setting(base, Setting { steps: Some(steps), ..setting })?;
            (session, Some(format!("one chain carries {longest} at 128 bits")))
        }
        Err(error) => return Err(error),
    };
    let mut too_slow = None;
    for _ in 0..CORRECTIONS {
        let plan = session.circuit(cancel)?.sequence.clone();
        let secs = plan.keygen_secs + plan.client_secs + plan.server_secs;
        let Some(within) = request.row_secs.filter(|w| secs > *w && plan.steps > 1) else {
            break;
        };
        too_slow.get_or_insert_with(|| {
            format!("{} would take about {}", plan.steps, format::secs(secs))
        });
        let share = (within / secs).powf(1.0 / CHAIN_GROWTH);
        let mut steps = ((plan.steps as f64 * share) as usize).clamp(1, plan.steps - 1);
        session = with_setting(base, Setting { steps: Some(steps), ..setting })?;
        // Errors of fewer steps may have to be smaller than there are primes for.
        while steps > 1 && matches!(session.circuit(cancel), Err(RunError::Plan(_))) {
            steps -= 1;
            session = with_setting(base, Setting { steps: Some(steps), ..setting })?;
        }
    }
    let why = match (why, too_slow) {
        (Some(why), Some(slow)) => Some(format!("{why}; {slow}")),
        (why, slow) => why.or(slow),
    };
    Ok((session, why))
}

/// All sequences, or as many as there is time for, in full batches where there are batches.
fn sequences_within(
    base: &SequenceSession,
    setting: Setting,
    request: &StrategyRequest,
    cancel: &Cancel,
) -> Result<(SequenceSession, Option<String>), RunError> {
    let session = with_setting(base, setting)?;
    let plan = session.plan(cancel)?;
    let secs = plan.secs.total();
    let Some(within) = request.row_secs.filter(|w| secs > *w && plan.batches > 1) else {
        return Ok((session, None));
    };
    let (least, in_batch) = match setting.strategy {
        NoiseStrategy::Bootstrap => (LEAST_BOOTSTRAPPED, 1),
        _ => (1, plan.ring_degree),
    };
    let batches = ((plan.batches as f64 * within / secs) as usize).max(least);
    let why = format!("all of them would take about {}", format::secs(secs));
    Ok((with_images(&session, (batches * in_batch).min(plan.images))?, Some(why)))
}
