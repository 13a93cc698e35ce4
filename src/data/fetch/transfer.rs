//! One HTTP request, read on a thread of its own so that waiting for the network never delays a cancel.

use super::{FetchError, Patience};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use progress::Watch;
use std::io::Read;
use std::time::{Duration, Instant};

/// Bytes handed on at a time.
const CHUNK_BYTES: usize = 1 << 16;
/// How often a cancel is looked for.
const TICK: Duration = Duration::from_millis(50);

/// What the server said before the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub status: u16,
    /// First byte of the part that follows, as the server says in `Content-Range`.
    pub range_start: Option<u64>,
}

enum Message {
    Head(Head),
    Bytes(Vec<u8>),
    End,
    Failed(String),
}

/// A response as it arrives.
pub(super) struct Transfer {
    messages: Receiver<Message>,
    patience: Patience,
}

/// Why a transfer ended early.
pub(super) enum Broken {
    /// The network or the server; another try may help.
    Network(String),
    /// Asked to stop.
    Stop(FetchError),
}

impl Transfer {
    /// Asks for `url` from byte `start` on.
    pub fn begin(url: &str, start: u64, patience: Patience) -> Result<Self, Broken> {
        // Two chunks on the way at most: the disk sets the pace.
        let (sender, messages) = bounded(2);
        let url = url.to_owned();
        std::thread::Builder::new()
            .name("download".into())
            .spawn(move || {
                if let Err(reason) = pump(&url, start, patience, &sender) {
                    // Nobody listens any more when the transfer was given up.
                    sender.send(Message::Failed(reason)).ok();
                }
            })
            .map_err(|e| Broken::Network(format!("no thread to download with: {e}")))?;
        Ok(Self { messages, patience })
    }

    fn next(&self, patience: Duration, watch: &Watch) -> Result<Message, Broken> {
        let start = Instant::now();
        loop {
            watch.check().map_err(|c| Broken::Stop(c.into()))?;
            match self.messages.recv_timeout(TICK) {
                Ok(Message::Failed(reason)) => return Err(Broken::Network(reason)),
                Ok(message) => return Ok(message),
                Err(RecvTimeoutError::Timeout) if start.elapsed() < patience => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(Broken::Network(format!(
                        "nothing came for {}",
                        format::secs(patience.as_secs_f64())
                    )));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Broken::Network("the download thread ended".into()));
                }
            }
        }
    }

    /// Waits for the answer's first lines.
    pub fn head(&self, watch: &Watch) -> Result<Head, Broken> {
        match self.next(self.patience.connect + self.patience.stall, watch)? {
            Message::Head(head) => Ok(head),
            _ => Err(Broken::Network("an answer without a head".into())),
        }
    }

    /// Waits for the next bytes; `None` at the end.
    pub fn bytes(&self, watch: &Watch) -> Result<Option<Vec<u8>>, Broken> {
        match self.next(self.patience.stall, watch)? {
            Message::Bytes(bytes) => Ok(Some(bytes)),
            _ => Ok(None),
        }
    }
}

/// Runs on the download thread; ends when nobody listens or nothing comes.
fn pump(url: &str, start: u64, patience: Patience, to: &Sender<Message>) -> Result<(), String> {
    // Only there to end this thread: who listens gives up a little earlier.
    let stall = patience.stall + Duration::from_secs(1);
    let mut config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .accept_encoding("identity")
        .user_agent(concat!("cryptoscope/", env!("CARGO_PKG_VERSION")))
        .timeout_resolve(Some(patience.connect))
        .timeout_connect(Some(patience.connect))
        .timeout_recv_response(Some(stall))
        .timeout_per_read(Some(stall));
    if is_local(url) {
        config = config.proxy(None);
    }
    let agent = config.build().new_agent();
    let mut request = agent.get(url);
    if start > 0 {
        request = request.header("Range", format!("bytes={start}-"));
    }
    let response = request.call().map_err(|e| e.to_string())?;
    let range = response.headers().get("content-range").and_then(|v| v.to_str().ok());
    let head =
        Head { status: response.status().as_u16(), range_start: range.and_then(range_start) };
    if to.send(Message::Head(head)).is_err() {
        return Ok(());
    }
    let mut body = response.into_body().into_reader();
    loop {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = body.read(&mut chunk).map_err(|e| e.to_string())?;
        chunk.truncate(read);
        let message = if read == 0 { Message::End } else { Message::Bytes(chunk) };
        if to.send(message).is_err() || read == 0 {
            return Ok(());
        }
    }
}

/// `bytes 100-199/200` begins at 100.
fn range_start(header: &str) -> Option<u64> {
    header.strip_prefix("bytes ")?.split_once('-')?.0.trim().parse().ok()
}

/// Whether a proxy must be left out of it.
fn is_local(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["localhost", "127.", "[::1]"].iter().any(|local| host.starts_with(local))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_range_is_read() {
        assert_eq!(range_start("bytes 100-199/200"), Some(100));
        assert_eq!(range_start("bytes */200"), None);
        assert_eq!(range_start("lines 1-2"), None);
    }

    #[test]
    fn only_loopback_is_local() {
        assert!(is_local("http://127.0.0.1:80/x") && is_local("http://localhost/x"));
        assert!(!is_local("https://example.org/127.0.0.1"));
    }
}
