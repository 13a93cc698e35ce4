//! Lessons at work: steps that set up the window, and what may be used in each.

use super::action::Action;
use super::app::App;
use super::command::Command;
use super::commands;
use super::lesson_act::LessonAct;
use super::state::State;
use super::tab::{Tab, tab_named};
use lesson::{Deed, Lesson, Session, Setting};
use look::CiphertextEdit;
use scenario::{Scenario, Setup};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use strip::Perspective;
use view::Results;
use worker::Failure;

const NOT_NOW: &str = "Not in this step of the lesson; leave the lesson to use everything";

impl App {
    pub(super) fn lesson_act(&mut self, ctx: &egui::Context, act: LessonAct) {
        match act {
            LessonAct::Begin(lesson) => {
                self.begin_lesson(lesson);
            }
            LessonAct::Leave => {
                self.state.lesson = None;
                self.state.seen_as = Perspective::default();
            }
            LessonAct::Next => {
                if self.with_session(Session::go_on) {
                    self.begin_step();
                }
            }
            LessonAct::Back => {
                if self.with_session(Session::go_back) {
                    self.begin_step();
                }
            }
            LessonAct::MoveGuess(guess) => {
                self.with_session(|session| {
                    session.move_guess(guess);
                    true
                });
            }
            LessonAct::Commit => {
                if let Some(mut session) = self.state.lesson.take() {
                    session.commit(&self.state);
                    self.state.lesson = Some(session);
                }
            }
            LessonAct::Answer(choice) => {
                self.with_session(|session| {
                    session.answer(choice);
                    true
                });
            }
            LessonAct::DoIt => self.do_step(ctx),
        }
    }

    /// Nothing that was done before is of the lesson.
    fn begin_lesson(&mut self, lesson: Arc<Lesson>) {
        self.state.clear(Results::Run);
        self.state.seen_as = Perspective::default();
        self.state.ciphertext.times = 0;
        self.state.pad.answered = 0;
        self.state.lesson = Some(Session::new(lesson));
        self.begin_step();
    }

    fn with_session(&mut self, act: impl FnOnce(&mut Session) -> bool) -> bool {
        self.state.lesson.as_mut().is_some_and(act)
    }

    /// Takes note of what the step waits for; a lesson that was finished is remembered.
    pub(super) fn look_at_lesson(&mut self) {
        // One that was going on when the lesson began, and is over now.
        if self.state.has_older_run() {
            self.state.clear(Results::Run);
        }
        let Some(mut session) = self.state.lesson.take() else { return };
        session.look(&self.state);
        if session.is_done() && !session.has_next() {
            self.state.history.finish_lesson(&session.lesson().title);
        }
        self.state.lesson = Some(session);
    }

    /// Sets the window up for the step that is reached.
    fn begin_step(&mut self) {
        let Some(step) = self.state.lesson.as_ref().and_then(Session::step).cloned() else {
            return;
        };
        if let Some(setup) = &step.setup {
            match set_up(&self.state.scenario, setup) {
                Ok(scenario) => self.take_scenario(scenario),
                Err(reason) => self.state.notifications.error(format!("The lesson: {reason}")),
            }
        }
        if let Some(tab) = tab_named(&step.tab) {
            self.state.tab = tab;
        }
        self.state.opened_layer = None;
    }

    fn do_step(&mut self, ctx: &egui::Context) {
        let Some(step) = self.state.lesson.as_ref().and_then(Session::step).cloned() else {
            return;
        };
        for deed in step.deeds {
            self.do_deed(ctx, deed);
        }
    }

    fn do_deed(&mut self, ctx: &egui::Context, deed: Deed) {
        match deed {
            Deed::Press(label) => {
                let found = commands::all().find(|command| command.words().label == label);
                if let Some(command) = found.filter(|c| c.ready_outside(&self.state).is_ok()) {
                    self.command(ctx, command);
                }
            }
            Deed::Show(name) => {
                if let Some(tab) = tab_named(&name) {
                    self.state.tab = tab;
                }
            }
            Deed::See(name) => {
                let found = Perspective::ALL.into_iter().find(|eyes| eyes.name() == name);
                self.state.seen_as = found.unwrap_or_default();
            }
            Deed::Open(layer) => {
                self.state.tab = Tab::Run;
                self.state.opened_layer = Some(layer);
            }
            Deed::Set(setting) => match self.state.scenario.with_setting(&setting) {
                Ok(scenario) => self.edit(scenario),
                Err(error) => self.state.notifications.error(format!("The lesson: {error}")),
            },
            Deed::Degree(degree) => {
                super::explore::change(&mut self.state, |choice, _| choice.degree = degree);
            }
        }
    }

    /// Reads a lesson from a file.
    pub(super) fn read_lesson(&mut self, path: PathBuf) {
        self.of_file(move || lesson_in(&path), worker::Update::Lesson);
    }

    /// A lesson was read: it is begun.
    pub(super) fn take_lesson(&mut self, read: Result<Arc<Lesson>, Failure>) {
        match read {
            Ok(lesson) => {
                self.state.lessons.retain(|known| known.title != lesson.title);
                self.state.lessons.push(Arc::clone(&lesson));
                self.begin_lesson(lesson);
            }
            Err(failure) => self.state.notifications.error(failure.to_string()),
        }
    }

    /// Whether `action` may be done in the step that somebody is in; says so when not.
    pub(super) fn is_allowed(&mut self, action: &Action) -> bool {
        let Some(session) = &self.state.lesson else { return true };
        let allowed = controls(action, &self.state).iter().all(|c| session.allows(c));
        if !allowed {
            self.state.notifications.info(NOT_NOW);
        }
        allowed
    }
}

impl State {
    /// Whether a control may be used: everything, but in a lesson.
    pub fn allows(&self, control: &str) -> bool {
        self.lesson.as_ref().is_none_or(|session| session.allows(control))
    }
}

fn lesson_in(path: &Path) -> Result<Arc<Lesson>, String> {
    let told = |reason: String| format!("{}: {reason}", path.display());
    let unread = |cause: std::io::Error| told(format!("{cause}{}", file::advice(&cause)));
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path).map_err(unread)?;
    opened.take(lesson::MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|_| told("not UTF-8 text".to_owned()))?;
    let lesson = lesson::read(&text).map_err(|e| told(e.to_string()))?;
    unknown_name(&lesson).map_or(Ok(()), |reason| Err(told(reason)))?;
    Ok(Arc::new(lesson))
}

/// The first name in `lesson` that nothing in the window has, in words.
pub(super) fn unknown_name(lesson: &Lesson) -> Option<String> {
    lesson.steps.iter().enumerate().find_map(|(at, step)| {
        let tab = Some(&step.tab).filter(|name| !name.is_empty() && tab_named(name).is_none());
        let tab = tab.map(|name| format!("there is no tab '{name}'"));
        let setup = || {
            let start = Scenario::built_in().into_iter().next()?;
            set_up(&start, step.setup.as_ref()?).err()
        };
        let deed = || step.deeds.iter().find_map(unknown_deed);
        let wrong = tab.or_else(setup).or_else(deed)?;
        Some(format!("lesson, step {}: {wrong}", at + 1))
    })
}

fn unknown_deed(deed: &Deed) -> Option<String> {
    match deed {
        Deed::Press(label) => {
            let known = commands::all().any(|command| command.words().label == *label);
            (!known).then(|| format!("there is no command '{label}'"))
        }
        Deed::Show(name) => tab_named(name).is_none().then(|| format!("there is no tab '{name}'")),
        Deed::See(name) => {
            let known = Perspective::ALL.iter().any(|eyes| eyes.name() == name);
            (!known).then(|| format!("'{name}' does not look; Both, Client and Server do"))
        }
        Deed::Open(_) | Deed::Set(_) | Deed::Degree(_) => None,
    }
}

fn set_up(start: &Scenario, setup: &Setting) -> Result<Scenario, String> {
    let mut scenario = match &setup.scenario {
        None => start.clone(),
        Some(name) => Scenario::built_in_named(name)
            .ok_or_else(|| format!("there is no built-in scenario '{name}'"))?,
    };
    for setting in &setup.set {
        scenario = scenario.with_setting(setting).map_err(|error| error.to_string())?;
    }
    Ok(scenario)
}

/// What must be allowed for `action`, by the names that lessons have for it.
fn controls(action: &Action, state: &State) -> Vec<String> {
    let area = |name: &str| vec![name.to_owned()];
    match action {
        Action::Command(command) => command.control().map(str::to_owned).into_iter().collect(),
        Action::SelectTab(tab) => area(tab.spec().name),
        Action::Edit(scenario) => changed(&state.scenario, scenario),
        Action::OpenScenario(_) => area("Scenario"),
        Action::OpenLayer(Some(_)) => area("layers"),
        Action::SeeAs(_) => area("perspective"),
        Action::EditCiphertext(CiphertextEdit::Again) => area("Encrypt again"),
        Action::EditCiphertext(CiphertextEdit::Flip(_)) => area("Flip one bit"),
        Action::EditCiphertext(CiphertextEdit::Choose(_)) => area("Samples"),
        Action::EditPad(_) => area("Draw your own"),
        Action::ShowSample(_) | Action::ShowDifference(_) => area("Samples"),
        Action::EditLab(_) => area("laboratory"),
        Action::EditSweep(_) | Action::ChooseRow(_) | Action::RemoveRow(_) => area("sweep"),
        Action::UseRow(at) | Action::RunRow(at) => {
            let setup = state.sweep.rows.get(*at).and_then(|row| row.setup().ok());
            let mut names = setup.map(|new| changed(&state.scenario, &new)).unwrap_or_default();
            let run = Command::Run.control().filter(|_| matches!(action, Action::RunRow(_)));
            names.extend(run.map(str::to_owned));
            names
        }
        Action::ComparePastBudget(_) => area("comparison"),
        Action::EditTraining(_) | Action::EditRecurrentTraining(_) => area("training"),
        Action::EditNewNetwork(_) | Action::ShowNewNetwork(_) => area("new network"),
        Action::EditLeak(_) => area("reconstruction"),
        Action::EditSequence(_) => area("sequence"),
        Action::Clear(_) | Action::ForgetModel(_) => area("clear"),
        _ => Vec::new(),
    }
}

/// Keys of the settings in which `new` differs from `old`.
fn changed(old: &Scenario, new: &Scenario) -> Vec<String> {
    let told = Setup::of(old).differences(new).into_iter();
    let key = |text: String| {
        let end = text.find(['=', ' ']).unwrap_or(text.len());
        text[..end].to_owned()
    };
    let mut keys: Vec<String> = told.map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_named_by_its_keys() {
        let digits = Scenario::open("digits").unwrap();
        let other = digits.with_setting("scheme.prime_count=2").unwrap();
        let other = other.with_setting("images=4").unwrap();
        assert_eq!(changed(&digits, &other), ["images", "scheme.prime_count"]);
        assert_eq!(changed(&digits, &digits), Vec::<String>::new());
    }

    #[test]
    fn shipped_lessons_name_only_what_there_is() {
        let lessons = lesson::shipped();
        assert_eq!(lessons.len(), 6);
        for lesson in lessons {
            assert_eq!(unknown_name(&lesson), None, "{}", lesson.title);
        }
    }
}
