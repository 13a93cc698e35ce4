//! Somebody in a lesson.

use crate::fact::Facts;
use crate::guess::{Guess, Guessed};
use crate::step::{Lesson, Prediction, Step};
use std::sync::Arc;
use std::time::Instant;

/// What was done in a step.
#[derive(Clone, Debug, Default)]
struct Done {
    /// The guess, and whether it stands.
    guess: Option<(Guess, bool)>,
    /// The choice, counted from 1.
    answer: Option<usize>,
    /// Everything was done once: it is not asked for again.
    is_done: bool,
    guessed: Option<Guessed>,
}

/// Somebody in a lesson.
#[derive(Clone, Debug)]
pub struct Session {
    lesson: Arc<Lesson>,
    at: usize,
    done: Vec<Done>,
    began: Instant,
}

impl Session {
    /// At the beginning of `lesson`.
    pub fn new(lesson: Arc<Lesson>) -> Self {
        let done = vec![Done::default(); lesson.steps.len()];
        Self { lesson, at: 0, done, began: Instant::now() }
    }

    pub fn lesson(&self) -> &Lesson {
        &self.lesson
    }

    /// When it began: older results are not of it.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Place of the step, counted from 0.
    pub fn at(&self) -> usize {
        self.at
    }

    pub fn step(&self) -> Option<&Step> {
        self.lesson.steps.get(self.at)
    }

    /// Whether there is a step after this.
    pub fn has_next(&self) -> bool {
        self.at + 1 < self.lesson.steps.len()
    }

    /// Goes to the next step, when this one is done; whether it did.
    pub fn go_on(&mut self) -> bool {
        let goes = self.is_done() && self.has_next();
        self.at += usize::from(goes);
        goes
    }

    /// Goes a step back; whether it did.
    pub fn go_back(&mut self) -> bool {
        let goes = self.at > 0;
        self.at -= usize::from(goes);
        goes
    }

    /// Takes note of what holds by now.
    pub fn look(&mut self, facts: &dyn Facts) {
        let Some(step) = self.lesson.steps.get(self.at) else { return };
        let Some(done) = self.done.get_mut(self.at) else { return };
        if done.is_done {
            return;
        }
        let guess = match (&step.predict, &done.guess) {
            (None, _) => None,
            (Some(asked), Some((guess, true))) => Some((asked, guess)),
            (Some(_), _) => return,
        };
        if step.ask.is_some() && done.answer.is_none() {
            return;
        }
        if !step.until.iter().all(|condition| condition.holds(facts)) {
            return;
        }
        if let Some((asked, guess)) = guess {
            let Some(truth) = facts.fact(&asked.fact) else { return };
            done.guessed = Some(Guessed {
                label: asked.label.clone(),
                unit: asked.unit(),
                places: facts.places(&asked.fact),
                guess: guess.clone(),
                truth: Some(truth),
            });
        }
        done.is_done = true;
    }

    fn here(&self) -> Option<&Done> {
        self.done.get(self.at)
    }

    /// Whether this step is done.
    pub fn is_done(&self) -> bool {
        self.here().is_some_and(|done| done.is_done)
    }

    /// The guess of this step, as it lies now.
    pub fn guess(&self, facts: &dyn Facts) -> Option<Guess> {
        let asked = self.step()?.predict.as_ref()?;
        let places = facts.places(&asked.fact).len();
        let known = self.here()?.guess.as_ref().map(|(guess, _)| guess.clone());
        // Guesses of a curve wait for its places.
        let fits = |guess: &Guess| match guess {
            Guess::Curve(values) => values.len() == places,
            Guess::Number(_) | Guess::Point(..) => true,
        };
        Some(known.filter(fits).unwrap_or_else(|| Guess::first(asked, places)))
    }

    /// Moves the guess, while it does not stand.
    pub fn move_guess(&mut self, guess: Guess) {
        let here = self.done.get_mut(self.at);
        if let Some(done) = here.filter(|done| !matches!(done.guess, Some((_, true)))) {
            done.guess = Some((guess, false));
        }
    }

    /// Whether a hand moved the guess: before that it is nobody's.
    pub fn has_moved(&self, facts: &dyn Facts) -> bool {
        let known = self.here().and_then(|done| done.guess.as_ref());
        known.is_some_and(|(guess, _)| self.guess(facts).as_ref() == Some(guess))
    }

    /// Lets a guess that was moved stand: from now on what is true may be seen.
    pub fn commit(&mut self, facts: &dyn Facts) {
        let guess = self.guess(facts).filter(|_| self.has_moved(facts));
        if let (Some(guess), Some(done)) = (guess, self.done.get_mut(self.at)) {
            done.guess = Some((guess, true));
        }
    }

    /// Whether a guess is to be made before anything else.
    pub fn waits_for_guess(&self) -> bool {
        let asks = self.step().is_some_and(|step| step.predict.is_some());
        let stands = self.here().is_some_and(|done| matches!(done.guess, Some((_, true))));
        asks && !stands
    }

    /// Guesses of this step and of later ones that do not stand yet, with the places of their steps.
    fn awaited(&self) -> impl Iterator<Item = (usize, &Prediction)> {
        let steps = self.lesson.steps.iter().zip(&self.done).enumerate().skip(self.at);
        steps.filter_map(|(at, (step, done))| {
            let stands = matches!(done.guess, Some((_, true)));
            Some((at, step.predict.as_ref().filter(|_| !stands)?))
        })
    }

    /// Whether a guess of such a fact is waited for, in this step or a later one.
    pub fn awaits(&self, is_such: impl Fn(&str) -> bool) -> bool {
        self.awaited().any(|(_, asked)| is_such(&asked.fact))
    }

    /// The same of guesses about the setup of this step: what was measured with it answers them.
    pub fn awaits_here(&self, is_such: impl Fn(&str) -> bool) -> bool {
        let here = self.setup_at(self.at);
        self.awaited().any(|(at, asked)| is_such(&asked.fact) && self.setup_at(at) == here)
    }

    /// The scenario and the settings that are in force in a step.
    fn setup_at(&self, at: usize) -> (Option<&str>, Vec<&str>) {
        let setups = self.lesson.steps.iter().take(at + 1).filter_map(|step| step.setup.as_ref());
        let mut whole: (Option<&str>, Vec<&str>) = (None, Vec::new());
        for setup in setups {
            if let Some(scenario) = &setup.scenario {
                whole = (Some(scenario), Vec::new());
            }
            whole.1.extend(setup.set.iter().map(String::as_str));
        }
        whole
    }

    /// The guess of this step beside the truth, once both are there.
    pub fn guessed(&self) -> Option<&Guessed> {
        self.here()?.guessed.as_ref()
    }

    /// All guesses of the lesson so far, with their truths.
    pub fn all_guessed(&self) -> Vec<&Guessed> {
        self.done.iter().filter_map(|done| done.guessed.as_ref()).collect()
    }

    /// Answers the question of this step, `choice` counted from 1.
    pub fn answer(&mut self, choice: usize) {
        if let Some(done) = self.done.get_mut(self.at) {
            done.answer.get_or_insert(choice);
        }
    }

    /// The choice that was made in this step.
    pub fn answered(&self) -> Option<usize> {
        self.here()?.answer
    }

    /// Guesses that were held against the truth, and how many of them were near it.
    pub fn guesses(&self) -> (usize, usize) {
        let all = self.all_guessed();
        (all.len(), all.iter().filter(|guessed| guessed.is_near()).count())
    }

    /// Questions that were answered, and how many of them rightly.
    pub fn score(&self) -> (usize, usize) {
        let pairs = self.lesson.steps.iter().zip(&self.done);
        let answered: Vec<bool> = pairs
            .filter_map(|(step, done)| Some(step.ask.as_ref()?.right == done.answer?))
            .collect();
        (answered.len(), answered.iter().filter(|right| **right).count())
    }

    /// Whether `control` may be used in this step: a label, a tab, an area, or the key of a setting or of
    /// the group that it is in.
    pub fn allows(&self, control: &str) -> bool {
        let Some(step) = self.step() else { return true };
        if self.waits_for_guess() {
            return false;
        }
        let is = |allowed: &String| {
            let group = control.strip_prefix(allowed.as_str());
            control == allowed || group.is_some_and(|rest| rest.starts_with('.'))
        };
        step.allow.as_ref().is_none_or(|allowed| allowed.iter().any(is))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader::read;
    use crate::value::Value;
    use std::collections::BTreeMap;

    #[derive(Default)]
    struct Known(BTreeMap<&'static str, Value>);

    impl Facts for Known {
        fn fact(&self, name: &str) -> Option<Value> {
            self.0.get(name).cloned()
        }

        fn places(&self, name: &str) -> Vec<String> {
            let places = if name == "run.margins" { vec!["input", "conv"] } else { vec![] };
            places.into_iter().map(str::to_owned).collect()
        }
    }

    fn session() -> Session {
        let text = r#"{"lesson": 1, "title": "T", "question": "Q?", "minutes": 1, "steps": [
            {"text": "Run", "allow": ["Run", "scheme"], "until": [{"fact": "run.status", "is": "right|wrong"}]},
            {"text": "Guess", "until": [{"fact": "run.times_slower"}],
             "predict": {"fact": "run.times_slower", "label": "times slower", "from": 1, "to": 1000000}},
            {"text": "Draw", "predict": {"fact": "run.margins", "kind": "curve", "label": "margin", "from": 0, "to": 80}},
            {"text": "Ask", "ask": {"question": "?", "choices": ["a", "b"], "right": 2, "because": "so"}}
        ]}"#;
        Session::new(Arc::new(read(text).unwrap()))
    }

    #[test]
    fn a_step_is_done_when_its_condition_has_held_once() {
        let mut known = Known::default();
        let mut session = session();
        session.look(&known);
        assert!(!session.go_on(), "nothing is known");
        known.0.insert("run.status", Value::Word("running".into()));
        session.look(&known);
        assert!(!session.is_done());
        known.0.insert("run.status", Value::Word("wrong".into()));
        session.look(&known);
        known.0.clear();
        session.look(&known);
        assert!(session.is_done() && session.go_on() && session.at() == 1);
        assert!(session.go_back() && session.is_done(), "it stays done");
    }

    #[test]
    fn only_what_is_named_may_be_used_and_nothing_before_a_guess() {
        let mut session = session();
        assert!(session.allows("Run") && session.allows("scheme.kind") && session.allows("scheme"));
        assert!(!session.allows("schemes") && !session.allows("Stop"));
        session.at = 1;
        assert!(!session.allows("Run"), "a guess comes first");
        session.commit(&Known::default());
        assert!(!session.allows("Run"), "nobody has guessed");
        session.move_guess(Guess::Number(70.0));
        session.commit(&Known::default());
        assert!(session.allows("Run"), "everything is allowed where nothing is named");
    }

    #[test]
    fn a_guess_that_stands_is_held_against_the_truth() {
        let mut known = Known::default();
        let mut session = session();
        session.at = 1;
        // The middle of a logarithmic axis from 1 to a million.
        assert_eq!(session.guess(&known), Some(Guess::Number(1000.0)));
        session.move_guess(Guess::Number(500.0));
        known.0.insert("run.times_slower", Value::Number(2000.0));
        session.look(&known);
        assert!(!session.is_done(), "the truth does not count before the guess stands");
        session.commit(&known);
        session.move_guess(Guess::Number(2000.0));
        session.look(&known);
        let guessed = session.guessed().unwrap();
        assert_eq!((guessed.guess_text(), guessed.truth_text()), ("500×".into(), "2000×".into()));
        assert_eq!(guessed.off().unwrap(), "4.0 times too little");
    }

    #[test]
    fn a_curve_is_guessed_at_every_place() {
        let mut known = Known::default();
        let mut session = session();
        session.at = 2;
        assert_eq!(session.guess(&known), Some(Guess::Curve(vec![40.0; 2])));
        session.move_guess(Guess::Curve(vec![60.0, 30.0]));
        session.commit(&known);
        let truth = vec![("input".to_owned(), 62.0), ("conv".to_owned(), 20.0)];
        known.0.insert("run.margins", Value::Curve(truth));
        session.look(&known);
        let guessed = session.guessed().unwrap();
        assert_eq!(guessed.off().unwrap(), "furthest off: +10.0 bits at conv");
        assert_eq!(session.all_guessed().len(), 1);
    }

    #[test]
    fn the_first_answer_counts() {
        let mut session = session();
        session.at = 3;
        session.answer(1);
        session.answer(2);
        session.look(&Known::default());
        assert_eq!((session.answered(), session.score()), (Some(1), (1, 0)));
        assert!(session.is_done(), "a wrong answer is told, and the lesson goes on");
    }

    #[test]
    fn what_answers_a_later_guess_of_the_same_setup_is_known() {
        let text = r#"{"lesson": 1, "title": "T", "question": "Q?", "minutes": 1, "steps": [
            {"text": "One", "setup": {"scenario": "digits"},
             "predict": {"fact": "run.seconds", "label": "s", "from": 1, "to": 10}},
            {"text": "Bytes", "predict": {"fact": "run.upload", "label": "b", "from": 1, "to": 10}},
            {"text": "Other", "setup": {"set": ["images=1"]},
             "predict": {"fact": "run.margin", "label": "m", "from": 1, "to": 10}}
        ]}"#;
        let mut session = Session::new(Arc::new(read(text).unwrap()));
        let is = |name: &'static str| move |fact: &str| fact == name;
        assert!(session.awaits(is("run.seconds")) && session.awaits(is("run.margin")));
        assert!(session.awaits_here(is("run.seconds")) && session.awaits_here(is("run.upload")));
        assert!(!session.awaits_here(is("run.margin")), "a run of this setup does not tell");
        session.move_guess(Guess::Number(2.0));
        session.commit(&Known::default());
        assert!(!session.awaits(is("run.seconds")) && session.awaits_here(is("run.upload")));
        session.at = 2;
        assert!(!session.awaits(is("run.upload")) && session.awaits_here(is("run.margin")));
    }
}
