//! Why there is no window, in words for a person.

/// One line from the error of the windowing system, without places in the source of the program.
pub fn no_window(error: &str) -> String {
    let reason = without_places(error);
    let display = ["DISPLAY", "connect", "XOpenDisplay"].iter().any(|word| reason.contains(word));
    let next = if display {
        "start it on a desktop, or use the command line (see --help)"
    } else {
        "try --renderer glow, or use the command line (see --help)"
    };
    format!("the window cannot be opened: {reason}; {next}")
}

/// Without `at …/file.rs:12:`, which some libraries put into their errors.
fn without_places(error: &str) -> String {
    let words: Vec<&str> = error.split_whitespace().collect();
    let is_place = |word: &str| word.contains(".rs:");
    let keeps = |at: usize| {
        let before_place = words.get(at + 1).is_some_and(|next| is_place(next));
        !(is_place(words[at]) || words[at] == "at" && before_place)
    };
    let kept: Vec<&str> = (0..words.len()).filter(|at| keeps(*at)).map(|at| words[at]).collect();
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_place_of_the_build_machine_is_told() {
        let error = "winit EventLoopError: os error at /home/builder/.cargo/registry/src/winit-0.30.13/src/platform_impl/linux/mod.rs:764: neither WAYLAND_DISPLAY nor DISPLAY is set.";
        let told = no_window(error);
        assert!(!told.contains("/home") && !told.contains(".rs"), "{told}");
        assert!(told.contains("os error neither WAYLAND_DISPLAY"), "{told}");
        assert!(told.contains("on a desktop") && !told.contains("glow"), "{told}");
        assert!(no_window("no adapter").contains("--renderer glow"));
    }
}
