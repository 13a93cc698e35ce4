//! A lesson from its text, everything in it checked.

use crate::error::LessonError;
use crate::fact::{SETUP, fact_spec};
use crate::step::{Kind, Lesson, Step};
use crate::told::names;

/// Longer files are no lessons.
pub const MAX_FILE_BYTES: u64 = 256 << 10;
const MOST_STEPS: usize = 60;
const MOST_TEXT: usize = 700;
const MOST_CHOICES: usize = 6;

/// A lesson from its text.
///
/// # Errors
/// When it is none, of another version, too long, or names a fact that there is not.
pub fn read(text: &str) -> Result<Lesson, LessonError> {
    let bytes = text.len() as u64;
    if bytes > MAX_FILE_BYTES {
        return Err(LessonError::TooLarge { bytes, most: MAX_FILE_BYTES });
    }
    let lesson: Lesson = serde_json::from_str(text)
        .map_err(|error| LessonError::Parse(file::reason_in(text, &error)))?;
    if lesson.lesson != 1 {
        return Err(LessonError::Version(lesson.lesson));
    }
    let content = |reason: &str| LessonError::Content(reason.to_owned());
    if lesson.title.trim().is_empty() || lesson.title.chars().count() > 80 {
        return Err(content("the title has 1 to 80 characters"));
    }
    if lesson.question.chars().count() > 200 {
        return Err(content("the question has at most 200 characters"));
    }
    if lesson.steps.is_empty() || lesson.steps.len() > MOST_STEPS {
        return Err(LessonError::Content(format!(
            "{} steps; 1 to {MOST_STEPS} are possible",
            lesson.steps.len()
        )));
    }
    for (at, step) in lesson.steps.iter().enumerate() {
        check(step).map_err(|reason| LessonError::Step { step: at + 1, reason })?;
    }
    Ok(lesson)
}

fn check(step: &Step) -> Result<(), String> {
    if step.text.trim().is_empty() {
        return Err("it has no text".to_owned());
    }
    for text in [&step.text, &step.after] {
        let len = text.chars().count();
        if len > MOST_TEXT {
            return Err(format!("a text of {len} characters; at most {MOST_TEXT} are allowed"));
        }
        names(text).try_for_each(known)?;
    }
    step.until.iter().try_for_each(|condition| known(&condition.fact))?;
    if let Some(ask) = &step.ask {
        let choices = ask.choices.len();
        if !(2..=MOST_CHOICES).contains(&choices) {
            return Err(format!("{choices} choices; 2 to {MOST_CHOICES} are possible"));
        }
        if !(1..=choices).contains(&ask.right) {
            return Err(format!("the right choice is {}; 1 to {choices} are there", ask.right));
        }
    }
    if let Some(asked) = &step.predict {
        known(&asked.fact)?;
        let is_curve = fact_spec(&asked.fact).is_some_and(|spec| spec.is_curve);
        if is_curve == (asked.kind == Kind::Number) {
            let other = if is_curve { "curve or point" } else { "number" };
            return Err(format!("{} is guessed as {other}", asked.fact));
        }
        if !(asked.from.is_finite() && asked.to.is_finite() && asked.from < asked.to) {
            return Err(format!("an axis from {} to {}", asked.from, asked.to));
        }
    }
    Ok(())
}

/// Whether there is such a fact.
fn known(name: &str) -> Result<(), String> {
    match fact_spec(name) {
        Some(_) if name != SETUP => Ok(()),
        _ => Err(format!("there is no fact '{name}'; docs/lessons.md lists them")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(step: &str) -> String {
        format!(
            r#"{{"lesson": 1, "title": "T", "question": "Q?", "minutes": 1, "steps": [{step}]}}"#
        )
    }

    #[test]
    fn what_is_wrong_is_said_with_its_step() {
        let fails = [
            (r#"{"text": ""}"#, "lesson, step 1: it has no text"),
            (
                r#"{"text": "It took {run.times}"}"#,
                "lesson, step 1: there is no fact 'run.times'; docs/lessons.md lists them",
            ),
            (
                r#"{"text": "a", "until": [{"fact": "nothing"}]}"#,
                "lesson, step 1: there is no fact 'nothing'; docs/lessons.md lists them",
            ),
            (
                r#"{"text": "a", "ask": {"question": "?", "choices": ["a", "b"], "right": 3, "because": ""}}"#,
                "lesson, step 1: the right choice is 3; 1 to 2 are there",
            ),
            (
                r#"{"text": "a", "predict": {"fact": "run.margins", "label": "l", "from": 0, "to": 9}}"#,
                "lesson, step 1: run.margins is guessed as curve or point",
            ),
            (
                r#"{"text": "a", "predict": {"fact": "run.margin", "label": "l", "from": 9, "to": 0}}"#,
                "lesson, step 1: an axis from 9 to 0",
            ),
        ];
        for (step, text) in fails {
            assert_eq!(read(&lesson(step)).unwrap_err().to_string(), text);
        }
        let read_step = read(&lesson(r#"{"text": "a", "do": ["fly Run"]}"#));
        assert!(read_step.unwrap_err().to_string().contains("'fly Run' is nothing"), "deeds too");
        assert!(read(&lesson(r#"{"text": "a {setup.scheme.kind}"}"#)).is_ok());
    }

    #[test]
    fn the_page_for_teachers_lists_every_fact_with_its_unit() {
        let page = include_str!("../../docs/lessons.md");
        for spec in crate::fact::FACTS {
            let row = format!("| `{}` | {} |", spec.name, spec.unit.name());
            assert!(page.contains(&row), "docs/lessons.md lacks {row}");
        }
    }

    #[test]
    fn the_example_of_the_page_for_teachers_can_be_read() {
        let page = include_str!("../../docs/lessons.md");
        let example = page.split("```json\n").nth(1).and_then(|rest| rest.split("```").next());
        assert_eq!(read(example.unwrap()).unwrap().steps.len(), 3);
    }

    #[test]
    fn other_versions_and_endless_files_are_refused() {
        let two = lesson(r#"{"text": "a"}"#).replace("\"lesson\": 1", "\"lesson\": 2");
        assert_eq!(read(&two), Err(LessonError::Version(2)));
        let long = " ".repeat(MAX_FILE_BYTES as usize + 1);
        assert!(matches!(read(&long), Err(LessonError::TooLarge { .. })));
        let many = vec![r#"{"text": "a"}"#; MOST_STEPS + 1].join(",");
        assert!(read(&lesson(&many)).unwrap_err().to_string().contains("61 steps"));
    }
}
