//! A run shown again from what it told, or shown slower than it is.

use super::moment::Moment;
use super::run::{RunView, Status};
use report::{Event, Told};

/// A recorded run that is over sooner is shown a stage a second, seconds.
const SHORT: f64 = 10.0;
/// Seconds of a stage at [`Pace::Stage`].
const STAGE: f64 = 1.0;

/// How fast it is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// So many times as fast as it was.
    #[default]
    X1,
    X4,
    X16,
    X60,
    /// A stage, or a step of a sequence, each second.
    Stage,
}

impl Pace {
    /// All of them, as they are offered.
    pub const ALL: [Self; 5] = [Self::Stage, Self::X1, Self::X4, Self::X16, Self::X60];

    /// The words for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::X1 => "×1",
            Self::X4 => "×4",
            Self::X16 => "×16",
            Self::X60 => "×60",
            Self::Stage => "a stage a second",
        }
    }

    /// The next faster one, or the next slower.
    pub fn step(self, by: isize) -> Self {
        let at = Self::ALL.iter().position(|pace| *pace == self).unwrap_or(0);
        Self::ALL[at.saturating_add_signed(by).min(Self::ALL.len() - 1)]
    }

    /// Seconds of the run in a second; a stage takes a second however long it took.
    fn times(self) -> Option<f64> {
        match self {
            Self::X1 => Some(1.0),
            Self::X4 => Some(4.0),
            Self::X16 => Some(16.0),
            Self::X60 => Some(60.0),
            Self::Stage => None,
        }
    }
}

/// What a person does with a replay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ReplayAct {
    /// Shows the run from its beginning.
    Begin,
    /// Goes to a time, seconds.
    Seek(f64),
    /// Goes so many steps on, or back.
    Step(isize),
    /// Plays, or holds.
    Toggle,
    Pace(Pace),
    /// Shows the run as it stands again.
    Leave,
}

/// A run that is shown again. The run as it stands is kept beside it, and goes on where it is not over.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The run as it stands.
    pub whole: RunView,
    pub playing: bool,
    pub pace: Pace,
    /// Seconds from the start of the run.
    secs: f64,
    /// Events that are shown.
    fed: usize,
    /// Seconds since the last stage was shown.
    waited: f64,
    /// It ends by itself when everything was shown.
    leaves: bool,
}

impl Replay {
    /// A replay of `whole`, at its beginning; of a short one a stage a second.
    pub fn of(whole: RunView) -> Self {
        let short = whole.recording.secs() < SHORT;
        let (pace, playing) = (if short { Pace::Stage } else { Pace::default() }, false);
        Self { whole, playing, pace, secs: 0.0, fed: 0, waited: 0.0, leaves: false }
    }

    /// A replay of `whole`, at its end.
    pub fn at_end(whole: RunView) -> Self {
        let mut replay = Self::of(whole);
        replay.seek(replay.of_secs());
        replay
    }

    /// A run that has just begun, shown a stage a second and left when everything was shown.
    pub fn slow(whole: RunView) -> Self {
        Self { playing: true, pace: Pace::Stage, leaves: true, ..Self::of(whole) }
    }

    /// Seconds from the start of the run to what is shown.
    pub fn secs(&self) -> f64 {
        self.secs
    }

    /// Seconds of the whole run, so far.
    pub fn of_secs(&self) -> f64 {
        self.whole.recording.secs()
    }

    /// Whether the run itself is not over.
    pub fn is_live(&self) -> bool {
        self.whole.status == Status::Running
    }

    /// Whether everything that was told is shown.
    pub fn is_at_end(&self) -> bool {
        self.fed >= self.events().len()
    }

    /// Whether it was slow motion, and is over.
    pub fn is_over(&self) -> bool {
        self.leaves && !self.is_live() && self.is_at_end()
    }

    fn events(&self) -> &[Told] {
        self.whole.recording.events()
    }

    /// The run as it was after what is shown; `before` is that of an earlier call, taken further where
    /// it can be.
    pub fn shown(&self, before: Option<RunView>) -> RunView {
        let at_end = self.is_at_end() && !self.is_live();
        let known = before.filter(|run| {
            let is_own = run.replayed.is_some() && run.origin.is_same(&self.whole.origin);
            is_own && run.fed <= self.fed && run.status == Status::Running
        });
        let mut run = known.unwrap_or_else(|| RunView {
            origin: self.whole.origin.clone(),
            ..RunView::new(self.whole.scenario.clone())
        });
        run.dataset.clone_from(&self.whole.dataset);
        for told in &self.events()[run.fed..self.fed] {
            run.take(told.event.clone());
        }
        run.fed = self.fed;
        if at_end {
            // The end as it was, with the figures of the report.
            run = RunView { recording: Default::default(), fed: self.fed, ..self.whole.clone() };
        }
        let (source, is_live) = (self.whole.source(), self.is_live());
        run.replayed = Some(Moment { secs: self.secs, of: self.of_secs(), is_live, source });
        run
    }

    /// Goes to a time.
    pub fn seek(&mut self, secs: f64) {
        self.secs = if secs.is_finite() { secs.clamp(0.0, self.of_secs()) } else { 0.0 };
        self.fed = self.events().partition_point(|told| told.secs <= self.secs);
        self.waited = 0.0;
    }

    /// Goes so many stages on, or back.
    pub fn step(&mut self, by: isize) {
        for _ in 0..by.unsigned_abs() {
            let events = self.events();
            let marks = |at: &usize| is_mark(&events[*at].event);
            let to = if by > 0 {
                // Up to the next mark, and what was told with it of the phase.
                (self.fed..events.len()).find(marks).map_or(events.len(), |at| at + 1)
            } else {
                let last = (0..self.fed.min(events.len())).rev().find(marks);
                let before = last.and_then(|last| (0..last).rev().find(marks));
                before.map_or(0, |at| at + 1)
            };
            self.fed = to;
        }
        self.secs = match self.fed.checked_sub(1) {
            Some(last) => self.events().get(last).map_or(0.0, |told| told.secs),
            None => 0.0,
        };
        self.waited = 0.0;
    }

    /// Plays on for so many seconds of the clock.
    pub fn play(&mut self, secs: f64) {
        if !self.playing {
            return;
        }
        match self.pace.times() {
            Some(times) => self.seek(self.secs + secs * times),
            None => {
                self.waited += secs;
                // Before the first stage nothing is waited for.
                while !self.is_at_end() && (self.waited >= STAGE || self.fed == 0) {
                    let left = if self.fed == 0 { 0.0 } else { self.waited - STAGE };
                    self.step(1);
                    self.waited = left;
                }
            }
        }
        // What comes late is not shown all at once then.
        self.waited = self.waited.min(STAGE);
        if self.is_at_end() && !self.is_live() {
            self.playing = false;
        }
    }

    /// Plays, or holds; at the end it begins anew.
    pub fn toggle(&mut self) {
        if !self.playing && self.is_at_end() && !self.is_live() {
            self.seek(0.0);
        }
        self.playing = !self.playing;
    }
}

/// Whether a step ends with it: with every stage, step of a sequence and batch of answers.
fn is_mark(event: &Event) -> bool {
    match event {
        Event::Stage { .. } | Event::SequenceStep(_) | Event::Samples(_) => true,
        Event::Planned(_) | Event::Sequence(_) | Event::Progress { .. } | Event::Finished(_) => {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use circuit::StageKind;
    use report::{Phase, RunReport, StageReport};
    use scenario::Scenario;

    fn stage(index: usize) -> Event {
        let stage = StageReport {
            name: index.to_string(),
            kind: StageKind::Linear,
            secs: 1.0,
            secs_predicted: 1.0,
            plain_secs: 0.0,
            ciphertexts: 1,
            components: 2,
            log2_q: 1.0,
            ciphertext_bytes: 1,
            plain_bytes: 1,
            margin_bits_predicted: 1.0,
            margin_bits_measured: None,
            max_abs_error: None,
            max_abs_error_predicted: None,
            wrong_values: 0,
        };
        Event::Stage { index, stage: Box::new(stage) }
    }

    /// Three stages, at 2, 5 and 9 s, each after a word on progress a second before.
    fn run() -> RunView {
        let mut run = RunView::new(Scenario::open("digits").unwrap());
        for (index, secs) in [2.0, 5.0, 9.0].into_iter().enumerate() {
            let fraction = secs / 9.0;
            let phase = Phase::Evaluate;
            let event = Event::Progress { phase, done: 1, total: 9, fraction, eta_secs: 1.0 };
            run.hear(Told { secs: secs - 1.0, event });
            run.hear(Told { secs, event: stage(index) });
        }
        run
    }

    fn finished() -> Replay {
        let mut run = run();
        let stages = run.stages.iter().flatten().cloned().collect();
        let mut report = RunReport { stages, threads: 4, ..RunReport::default() };
        (report.began, report.encrypted.total_secs) = (Some(1_000_000_000), 8.0);
        report.scheme.kernel = "portable".to_owned();
        run.end(Ok(Box::new(report)));
        Replay::of(run)
    }

    fn stages(replay: &Replay) -> usize {
        replay.shown(None).stages.len()
    }

    #[test]
    fn scrubbed_forth_and_back_it_shows_what_was_told_then() {
        let mut replay = finished();
        assert_eq!((replay.of_secs(), stages(&replay)), (9.0, 0));
        for (secs, seen) in [(1.9, 0), (2.0, 1), (8.5, 2), (4.9, 1), (0.0, 0)] {
            replay.seek(secs);
            assert_eq!((replay.secs(), stages(&replay)), (secs, seen));
            // Taken further from what was shown before it is the same.
            let mut before = finished();
            before.seek(1.0);
            let further = replay.shown(Some(before.shown(None)));
            assert_eq!(further.stages, replay.shown(None).stages);
        }
        replay.seek(5.5);
        let run = replay.shown(None);
        assert_eq!((&run.status, run.newest_stage), (&Status::Running, Some(1)));
        let told = "Replay, 5.50 s of 9.00 s: run on 2001-09-09 01:46 UTC, kernel portable, 4 threads, took 8.00 s";
        assert_eq!(run.replayed.unwrap().text(), told);
        replay.seek(f64::NAN);
        assert_eq!(replay.secs(), 0.0);
        replay.seek(99.0);
        assert_eq!(replay.shown(None).status, Status::Finished);
    }

    #[test]
    fn steps_go_from_stage_to_stage() {
        let mut replay = finished();
        let mut at = Vec::new();
        for by in [1, 1, 1, 1, -1, -1, -1, -1] {
            replay.step(by);
            at.push(replay.secs());
        }
        assert_eq!(at, [2.0, 5.0, 9.0, 9.0, 5.0, 2.0, 0.0, 0.0]);
    }

    #[test]
    fn it_is_played_at_all_paces_and_holds_at_the_end() {
        let mut replay = finished();
        assert_eq!(replay.pace, Pace::Stage, "the run was over in 9 s");
        replay.pace = Pace::X1;
        replay.play(1.0);
        assert_eq!(replay.secs(), 0.0, "it was not asked to play");
        replay.toggle();
        replay.play(1.5);
        replay.play(1.0);
        assert_eq!(replay.secs(), 2.5);
        for (pace, secs) in [(Pace::X4, 4.5), (Pace::X1, 5.0), (Pace::X4, 7.0)] {
            replay.pace = pace;
            replay.play(0.5);
            assert_eq!(replay.secs(), secs);
        }
        replay.pace = Pace::X16;
        replay.play(0.0625);
        assert_eq!(replay.secs(), 8.0);
        replay.pace = Pace::X60;
        replay.play(1.0);
        assert!(replay.is_at_end() && !replay.playing);
        replay.toggle();
        assert_eq!((replay.secs(), replay.playing), (0.0, true), "from the beginning");
        replay.pace = Pace::Stage;
        let mut seen = Vec::new();
        for _ in 0..6 {
            replay.play(0.5);
            seen.push(replay.secs());
        }
        assert_eq!(seen, [2.0, 2.0, 5.0, 5.0, 9.0, 9.0]);
    }

    #[test]
    fn slow_motion_waits_for_the_run_and_ends_with_it() {
        let mut replay = Replay::slow(RunView::new(Scenario::open("digits").unwrap()));
        replay.play(3.0);
        assert!(replay.playing && !replay.is_over());
        for told in run().recording.events() {
            replay.whole.hear(told.clone());
        }
        replay.play(1.0);
        let shown = replay.shown(None);
        assert_eq!(shown.status, Status::Running);
        assert!(shown.replayed.unwrap().text().starts_with("Slow motion, "));
        replay.whole.end(Ok(Box::default()));
        replay.play(9.0);
        assert!(replay.is_over());
    }
}
