//! Small files and desktop dialogs, on threads of their own: a slow disk never holds the window.

use super::dialog::{self, Purpose};
use crossbeam_channel::{Receiver, Sender, bounded};
use scenario::Scenario;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use training::Checkpoint;

/// What came of it.
pub enum Done {
    /// The desktop's dialog was closed.
    Picked(Purpose, Option<PathBuf>),
    /// A scenario was read.
    Scenario(Result<Box<Scenario>, String>),
    /// An encrypted training that was kept.
    Checkpoint(Result<Arc<Checkpoint>, String>),
    /// A file was written (its path), or why not.
    Saved(Result<PathBuf, String>),
    /// The window as an image, to be written.
    Screenshot(PathBuf, Arc<egui::ColorImage>),
}

/// Starts the work and hands back what came of it.
pub struct Files {
    tx: Sender<Done>,
    rx: Receiver<Done>,
    ctx: egui::Context,
}

/// Results that may wait; far more than there are dialogs.
const ROOM: usize = 32;

impl Files {
    pub fn new(ctx: egui::Context) -> Self {
        let (tx, rx) = bounded(ROOM);
        Self { tx, rx, ctx }
    }

    /// What is done since the last call.
    pub fn drain(&self) -> Vec<Done> {
        self.rx.try_iter().collect()
    }

    /// Opens the desktop's dialog.
    pub fn browse(&self, purpose: Purpose, start: String) {
        self.on_thread(move || Done::Picked(purpose, dialog::browse(purpose, &start)));
    }

    /// Reads a scenario, built in or from a file.
    pub fn open_scenario(&self, name_or_path: String) {
        self.on_thread(move || {
            Done::Scenario(Scenario::open(&name_or_path).map(Box::new).map_err(|e| e.to_string()))
        });
    }

    /// Reads an encrypted training that was kept.
    pub fn open_checkpoint(&self, path: PathBuf) {
        self.on_thread(move || {
            Done::Checkpoint(Checkpoint::open(&path).map(Arc::new).map_err(|e| e.to_string()))
        });
    }

    /// Writes `bytes` to `path`: whole or not at all.
    pub fn save(&self, path: PathBuf, bytes: Vec<u8>) {
        self.on_thread(move || Done::Saved(write_whole(&path, &bytes).map(|()| path)));
    }

    /// Writes an image of the window as PNG.
    pub fn save_png(&self, path: PathBuf, image: Arc<egui::ColorImage>) {
        self.on_thread(move || Done::Saved(write_png(&path, &image).map(|()| path)));
    }

    /// Asks the window for an image of itself.
    pub fn screenshot(&self, path: PathBuf) {
        let (tx, ctx) = (self.tx.clone(), self.ctx.clone());
        self.ctx.request_screenshot(move |image| {
            tx.try_send(Done::Screenshot(path, image)).ok();
            ctx.request_repaint();
        });
    }

    fn on_thread(&self, work: impl FnOnce() -> Done + Send + 'static) {
        let (tx, ctx) = (self.tx.clone(), self.ctx.clone());
        let thread = std::thread::Builder::new().name("files".into()).spawn(move || {
            tx.send(work()).ok();
            ctx.request_repaint();
        });
        if let Err(error) = thread {
            self.tx.try_send(Done::Saved(Err(format!("no thread to work on: {error}")))).ok();
        }
    }
}

/// Writes whole or not at all: a failure leaves what was there.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), String> {
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
