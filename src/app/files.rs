//! Small files and desktop dialogs, in background jobs: a slow disk never holds the window.

use super::app::App;
use super::dialog;
use scenario::{RunError, Scenario};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{TryRecvError, channel};
use training::Checkpoint;
use worker::{Failure, Key, Update};

impl App {
    pub(super) fn of_file<T>(
        &mut self,
        work: impl FnOnce() -> Result<T, String> + Send + 'static,
        end: impl FnOnce(Result<T, Failure>) -> Update + Send + 'static,
    ) {
        let work = move |_: &_| work().map_err(RunError::Refused);
        // Any number of files is read and written at a time: none is refused.
        self.worker.jobs.start(Key::File, work, end).ok();
    }

    /// Opens the desktop's dialog for the path that is asked for, a file or a folder.
    pub(super) fn browse(&mut self, folder: bool) {
        let Some(dialog) = &mut self.state.dialog else { return };
        dialog.browsing = true;
        let dialog = dialog.clone();
        let work = move |_: &_| Ok(dialog::browse(&dialog, folder));
        // A newer dialog is never refused.
        self.worker.jobs.start(Key::Dialog, work, Update::Picked).ok();
    }

    /// Reads a scenario, built in or from a file.
    pub(super) fn read_scenario(&mut self, name_or_path: String) {
        self.opening = Some(false);
        let read = move || Scenario::open(&name_or_path).map(Box::new).map_err(|e| e.to_string());
        self.of_file(read, Update::Opened);
    }

    /// Reads a model file, to see what it was made for.
    pub(super) fn read_model(&mut self, path: String) {
        let of = path.clone();
        let read = move || import::open_either(&path).map_err(|e| e.to_string());
        // Why it cannot be read the plan says, which reads it too.
        self.of_file(read, |result| Update::ModelRead(of, result.ok()));
    }

    /// Reads an encrypted training that was kept.
    pub(super) fn read_checkpoint(&mut self, path: PathBuf) {
        let read = move || Checkpoint::open(&path).map(Arc::new).map_err(|e| e.to_string());
        self.of_file(read, Update::Checkpoint);
    }

    /// Writes `bytes` to `path`: whole or not at all.
    pub(super) fn write(&mut self, path: PathBuf, bytes: Vec<u8>) {
        self.of_file(move || write_whole(&path, &bytes).map(|()| path), Update::Saved);
    }

    /// A path for a file of the program's own, which goes with the window.
    pub(super) fn path_aside(&mut self, name: &str) -> Option<PathBuf> {
        if self.aside.is_none() {
            match file::Aside::new() {
                Ok(aside) => self.aside = Some(aside),
                Err(error) => {
                    let folder = format::path(&std::env::temp_dir());
                    let text = format!(
                        "the trained network cannot be put into the folder of temporary files, {folder}: {}{}",
                        error,
                        file::advice(&error)
                    );
                    self.state.notifications.error(text);
                }
            }
        }
        self.aside.as_mut().map(|aside| aside.path(name))
    }

    /// Writes a trained network to a file of the program's own.
    pub(super) fn put_aside(&mut self, path: PathBuf, bytes: Vec<u8>) {
        self.of_file(move || write_whole(&path, &bytes).map(|()| path), Update::Kept);
    }

    /// Asks the window for an image of itself, to be written to `path`.
    pub(super) fn shoot(&mut self, ctx: &egui::Context, path: PathBuf) {
        let (tx, image) = channel();
        let wake = ctx.clone();
        ctx.request_screenshot(move |image| {
            tx.send(image).ok();
            wake.request_repaint();
        });
        self.screenshot = Some((path, image));
    }

    /// Writes the image of the window that was asked for, when it is there.
    pub(super) fn take_screenshot(&mut self) {
        let Some((path, image)) = self.screenshot.take() else { return };
        match image.try_recv() {
            Ok(image) => {
                self.of_file(move || write_png(&path, &image).map(|()| path), Update::Saved);
            }
            Err(TryRecvError::Empty) => self.screenshot = Some((path, image)),
            Err(TryRecvError::Disconnected) => {
                self.state.notifications.error("no screenshot: the window gave no image");
            }
        }
    }
}

/// Writes whole or not at all: a failure leaves what was there.
pub(super) fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), String> {
    file::write_whole(path, bytes).map_err(|error| format!("{error}; choose another place"))
}

fn write_png(path: &Path, image: &egui::ColorImage) -> Result<(), String> {
    let [width, height] = image.size;
    let rgba: Vec<u8> = image.pixels.iter().flat_map(|p| p.to_array()).collect();
    let mut png = Vec::new();
    let encoder = image::codecs::png::PngEncoder::new(&mut png);
    image::ImageEncoder::write_image(
        encoder,
        &rgba,
        width as u32,
        height as u32,
        image::ExtendedColorType::Rgba8,
    )
    .map_err(|e| format!("cannot encode the screenshot: {e}"))?;
    write_whole(path, &png)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("report.json");
        write_whole(&path, b"old").unwrap();
        let error = write_whole(&path.join("new.json"), b"new").unwrap_err();
        assert!(error.contains("report.json"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
    }

    #[test]
    fn a_screenshot_can_be_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shot.png");
        let image = egui::ColorImage::filled([3, 2], egui::Color32::WHITE);
        write_png(&path, &image).unwrap();
        assert_eq!(image::open(&path).unwrap().to_rgba8().dimensions(), (3, 2));
    }
}
