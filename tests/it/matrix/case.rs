//! One forced failure: a command, what lies in its folder, and how it must end.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest that a case may take; one that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(100);
/// Longest line of an error, in characters.
const LONGEST: usize = 1600;

/// Puts files into the folder of a case before its command runs; the second folder is that of all.
type Prepare = Box<dyn Fn(&Path, &Path) + Send + Sync>;
/// What is wrong with the outcome of a command that ran; nothing when it is right.
type Judge = Box<dyn Fn(&Outcome) -> Option<String> + Send + Sync>;

/// How a command must end.
pub enum Expected {
    /// Exit status 2, nothing on standard output, one line of error with each of these texts.
    Refused(Vec<String>),
    /// Exit status 1, and the output says so.
    Wrong,
    /// Exit status 0, and right by this judge, who knows the right answer from elsewhere.
    Right(Judge),
    /// Asked to stop by this signal so many milliseconds after its start: exit status 130, or 0 where
    /// it was quicker.
    Stopped(&'static str, u64),
}

pub struct Case {
    pub name: String,
    /// `{dir}` stands for the folder of the case, `{shared}` for that of the files of all.
    pub args: Vec<String>,
    pub variables: Vec<(&'static str, String)>,
    prepare: Vec<Prepare>,
    pub expected: Expected,
}

/// What a command left.
pub struct Outcome<'a> {
    pub dir: &'a Path,
    pub shared: &'a Path,
    pub out: String,
    pub err: String,
}

impl Outcome<'_> {
    /// A JSON file that the command wrote.
    pub fn json(&self, name: &str) -> Value {
        let bytes = std::fs::read(self.dir.join(name)).expect("the report is written");
        serde_json::from_slice(&bytes).expect("the report is JSON")
    }
}

impl Case {
    /// A case of a command, its words separated by blanks.
    pub fn new(command: &str, expected: Expected) -> Self {
        let args = command.split(' ').map(str::to_owned).collect();
        let (variables, prepare) = (Vec::new(), Vec::new());
        Self { name: command.to_owned(), args, variables, prepare, expected }
    }

    /// One that must be refused with these texts in its error.
    pub fn refused(command: &str, texts: &[&str]) -> Self {
        Self::new(command, Expected::Refused(texts.iter().map(|&t| t.to_owned()).collect()))
    }

    /// One that must be right.
    pub fn right(
        command: &str,
        judge: impl Fn(&Outcome) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        Self::new(command, Expected::Right(Box::new(judge)))
    }

    /// The same with more words that may hold blanks.
    pub fn with(mut self, more: &[&str]) -> Self {
        self.args.extend(more.iter().map(|&a| a.to_owned()));
        self.name.push_str(&format!(" {}", more.join(" ")));
        self
    }

    pub fn named(mut self, what: &str) -> Self {
        self.name = format!("{what}: {}", self.name);
        self
    }

    pub fn variable(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// The same with a file in its folder.
    pub fn file(self, name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let (name, bytes) = (name.to_owned(), bytes.into());
        self.prepared(move |dir| std::fs::write(dir.join(&name), &bytes).expect("written"))
    }

    pub fn prepared(mut self, prepare: impl Fn(&Path) + Send + Sync + 'static) -> Self {
        self.prepare.push(Box::new(move |dir, _| prepare(dir)));
        self
    }

    /// The same with a file of all in its folder, changed.
    pub fn with_shared(mut self, from: &str, to: &str, change: fn(Vec<u8>) -> Vec<u8>) -> Self {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.prepare.push(Box::new(move |dir, shared| {
            let bytes = std::fs::read(shared.join(&from)).expect("read");
            std::fs::write(dir.join(&to), change(bytes)).expect("written");
        }));
        self
    }

    /// Runs it; what is wrong with how it ended.
    pub fn run(&self, shared: &Path) -> Option<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().join("case");
        std::fs::create_dir(&dir).expect("a folder");
        for prepare in &self.prepare {
            prepare(&dir, shared);
        }
        let place = |text: &str, at: &Path| text.replace("{dir}", &at.display().to_string());
        let whole =
            |text: &String| place(text, &dir).replace("{shared}", &shared.display().to_string());
        let (out, err) = (folder.path().join("out"), folder.path().join("err"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_cryptoscope"));
        command.args(self.args.iter().map(whole)).current_dir(&dir).stdin(Stdio::null());
        command.env_remove("CRYPTOSCOPE_DATA").env("RUST_BACKTRACE", "0");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdout(std::fs::File::create(&out).expect("made"));
        command.stderr(std::fs::File::create(&err).expect("made"));
        let status = match finish(command, &self.expected) {
            Ok(status) => status,
            Err(fault) => return Some(fault),
        };
        let read = |path| String::from_utf8_lossy(&std::fs::read(path).expect("read")).into_owned();
        let outcome = Outcome { dir: &dir, shared, out: read(&out), err: read(&err) };
        let fault = self.fault(status, &outcome).or_else(|| litter(&dir))?;
        Some(format!("{fault}\n  out: {:.600}\n  err: {:.1200}", outcome.out, outcome.err))
    }

    fn fault(&self, status: Option<i32>, outcome: &Outcome) -> Option<String> {
        let Some(status) = status else { return Some("ended by a signal: an abort".into()) };
        if status == 101
            || outcome.err.contains("panicked")
            || outcome.err.contains("RUST_BACKTRACE")
        {
            return Some(format!("a panic, exit {status}"));
        }
        let all = format!("{}{}", outcome.out, outcome.err);
        if all.contains(|c: char| c.is_control() && c != '\n') {
            return Some("raw control characters".into());
        }
        let wanted = match &self.expected {
            Expected::Refused(_) => status == 2,
            Expected::Wrong => status == 1,
            Expected::Right(_) => status == 0,
            Expected::Stopped(..) => status == 130 || status == 0,
        };
        if !wanted {
            return Some(format!("exit {status}"));
        }
        match &self.expected {
            Expected::Refused(texts) => refusal_fault(texts, outcome),
            Expected::Wrong => {
                (!outcome.out.contains("WRONG")).then(|| "does not say that it is wrong".into())
            }
            Expected::Right(judge) => judge(outcome),
            Expected::Stopped(..) => {
                let said = status == 0 || outcome.err.ends_with("error: stopped\n");
                let said = said || outcome.out.contains("stopped");
                (!said).then(|| "does not say that it was stopped".into())
            }
        }
    }
}

fn refusal_fault(texts: &[String], outcome: &Outcome) -> Option<String> {
    let errors: Vec<_> = outcome.err.lines().filter(|l| l.starts_with("error: ")).collect();
    let [error] = errors[..] else {
        return Some(format!("{} lines of error", errors.len()));
    };
    if outcome.err.lines().last() != Some(error) {
        return Some("the error is not the last line".into());
    }
    if !outcome.out.is_empty() {
        return Some("refused, and yet something on standard output".into());
    }
    if error.chars().count() > LONGEST {
        return Some(format!("an error of {} characters", error.chars().count()));
    }
    let missing = texts.iter().find(|text| !error.contains(*text))?;
    Some(format!("the error does not say {missing:?}"))
}

/// Runs the command to its end; its exit status, `None` when a signal ended it.
fn finish(mut command: Command, expected: &Expected) -> Result<Option<i32>, String> {
    let mut child = command.spawn().map_err(|e| format!("does not start: {e}"))?;
    let start = Instant::now();
    let mut signal = match expected {
        Expected::Stopped(signal, after) => Some((signal, Duration::from_millis(*after))),
        _ => None,
    };
    loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            return Ok(status.code());
        }
        if let Some((name, after)) = signal
            && start.elapsed() >= after
        {
            let (signal_of, pid) = (format!("-{name}"), child.id().to_string());
            Command::new("kill").args([signal_of, pid]).status().map_err(|e| e.to_string())?;
            signal = None;
        }
        if start.elapsed() > PATIENCE {
            child.kill().ok();
            child.wait().ok();
            return Err(format!("hangs: not ended after {PATIENCE:?}"));
        }
        std::thread::sleep(Duration::from_millis(3));
    }
}

/// Unfinished files that were left.
fn litter(dir: &Path) -> Option<String> {
    let entries = std::fs::read_dir(dir).ok()?;
    let mut names = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    names.find(|name| name.ends_with(".part")).map(|name| format!("leaves {name}"))
}
