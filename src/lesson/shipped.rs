//! The lessons that come with the program.

use crate::reader::read;
use crate::step::Lesson;

const TEXTS: [&str; 6] = [
    include_str!("../../assets/lessons/cost.json"),
    include_str!("../../assets/lessons/noise.json"),
    include_str!("../../assets/lessons/activation.json"),
    include_str!("../../assets/lessons/slots.json"),
    include_str!("../../assets/lessons/tables.json"),
    include_str!("../../assets/lessons/who-sees-what.json"),
];

/// The lessons that come with the program, in their order; a test holds that all can be read.
pub fn shipped() -> Vec<Lesson> {
    TEXTS.iter().filter_map(|text| read(text).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_lesson_can_be_read_and_written_again() {
        for text in TEXTS {
            let lesson = read(text).unwrap();
            let again = serde_json::to_string(&lesson).unwrap();
            assert_eq!(read(&again).unwrap(), lesson);
        }
    }
}
