//! One side of a conversation: numbered messages out, and in only the one that must come next.

use super::link::{Link, LinkError};
use super::message::{Message, MessageKind, Place, SessionId};
use super::meter::Meter;
use engine::EngineError;
use progress::Cancelled;
use scheme::ckks::CkksError;
use wire::WireError;

/// Why a conversation ended early; the text is one line for a person.
#[derive(Debug, thiserror::Error)]
pub enum TalkError {
    #[error(
        "{side}: waited {secs:.1} s for {place}: the message was lost or is late; check the connection and start the run again"
    )]
    Timeout { side: &'static str, secs: f64, place: Place },
    #[error("{side}: the other side closed the connection while {place} was due")]
    Closed { side: &'static str, place: Place },
    #[error("{side}: a message came other than it was sent: {source}; start the run again")]
    Message { side: &'static str, source: WireError },
    #[error("{side}: a message of another session came; only the peer of this session may write")]
    Stranger { side: &'static str },
    #[error(
        "{side}: {found} came a second time (message {number}, where {expected} is next): start the run again"
    )]
    Repeated { side: &'static str, found: Place, number: u64, expected: u64 },
    #[error(
        "{side}: {found} came too early (message {number}, where {expected} is next): one before it was lost or overtaken; start the run again"
    )]
    OutOfOrder { side: &'static str, found: Place, number: u64, expected: u64 },
    #[error("{side}: {found} came where {expected} is due")]
    Unexpected { side: &'static str, found: Place, expected: Place },
    #[error("{side}: {place}: {reason}")]
    Content { side: &'static str, place: Place, reason: String },
    #[error("{side}: the other side gave up: {reason}")]
    Peer { side: &'static str, reason: String },
    #[error("{side}: ended without an answer, which is a defect of this program: please report it")]
    Gone { side: &'static str },
    #[error(transparent)]
    Scheme(CkksError),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl From<CkksError> for TalkError {
    fn from(error: CkksError) -> Self {
        match error {
            CkksError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Scheme(other),
        }
    }
}

impl From<TalkError> for EngineError {
    fn from(error: TalkError) -> Self {
        match error {
            TalkError::Cancelled(c) => Self::Cancelled(c),
            other => Self::Scheme { scheme: "CKKS", reason: other.to_string() },
        }
    }
}

impl TalkError {
    /// Whether it only tells what the other side found, or that it is gone.
    pub fn is_echo(&self) -> bool {
        matches!(self, Self::Peer { .. } | Self::Closed { .. })
    }
}

/// Longest text of a failure that is taken over, bytes.
const MAX_REASON_BYTES: usize = 2000;

/// One side's end.
pub struct Talk<'a> {
    side: &'static str,
    link: &'a mut dyn Link,
    session: Option<SessionId>,
    sent: u64,
    received: u64,
    pub meter: &'a mut Meter,
}

impl<'a> Talk<'a> {
    /// The end of the client, which names the session.
    pub fn client(link: &'a mut dyn Link, session: SessionId, meter: &'a mut Meter) -> Self {
        Self { side: "client", link, session: Some(session), sent: 0, received: 0, meter }
    }

    /// The end of the server, which takes the session of the first message.
    pub fn server(link: &'a mut dyn Link, meter: &'a mut Meter) -> Self {
        Self { side: "server", link, session: None, sent: 0, received: 0, meter }
    }

    /// Sends what belongs to `place`.
    pub fn send(&mut self, place: Place, payload: Vec<u8>) -> Result<(), TalkError> {
        let session = self.session.unwrap_or_default();
        let bytes = Message { session, number: self.sent, place, payload }.to_bytes();
        self.sent += 1;
        self.meter.sent(place, bytes.len());
        self.meter.pause();
        let sent = self.link.send(bytes);
        self.meter.resume();
        sent.map_err(|e| self.link_error(e, place))
    }

    /// The payload of the message that must come next.
    pub fn expect(&mut self, place: Place) -> Result<Vec<u8>, TalkError> {
        self.meter.pause();
        let received = self.link.receive();
        self.meter.resume();
        let bytes = received.map_err(|e| self.link_error(e, place))?;
        let side = self.side;
        let message =
            Message::from_bytes(&bytes).map_err(|source| TalkError::Message { side, source })?;
        if *self.session.get_or_insert(message.session) != message.session {
            return Err(TalkError::Stranger { side });
        }
        if message.place.kind == MessageKind::Failure {
            let text = String::from_utf8_lossy(&message.payload);
            let reason = match text.is_empty() {
                true => "no reason is given".to_owned(),
                false => text.chars().filter(|c| !c.is_control()).take(MAX_REASON_BYTES).collect(),
            };
            return Err(TalkError::Peer { side, reason });
        }
        let (found, number, expected) = (message.place, message.number, self.received);
        if number < expected {
            return Err(TalkError::Repeated { side, found, number, expected });
        }
        if number > expected {
            return Err(TalkError::OutOfOrder { side, found, number, expected });
        }
        if found != place {
            return Err(TalkError::Unexpected { side, found, expected: place });
        }
        self.received += 1;
        self.meter.received(place, bytes.len());
        Ok(message.payload)
    }

    /// Lets `all` talk to its end; what goes wrong is told to the other side too.
    ///
    /// # Errors
    /// Those of `all`.
    pub fn through<T>(
        mut self,
        all: impl FnOnce(&mut Self) -> Result<T, TalkError>,
    ) -> Result<T, TalkError> {
        let ended = all(&mut self);
        if let Err(error) = &ended {
            self.give_up(error);
        }
        ended
    }

    /// Tells the other side that this one gives up; it may be gone already. A client says no more than
    /// that: why it could not use what a server sent depends on its key.
    fn give_up(&mut self, error: &TalkError) {
        if error.is_echo() {
            return;
        }
        let place = Place { kind: MessageKind::Failure, batch: 0, step: 0, layer: 0 };
        let mut payload = match self.side {
            "client" => Vec::new(),
            _ => error.to_string().into_bytes(),
        };
        payload.truncate(MAX_REASON_BYTES);
        self.send(place, payload).ok();
    }

    /// An error about the content of a message.
    pub fn content(&self, place: Place, reason: impl ToString) -> TalkError {
        TalkError::Content { side: self.side, place, reason: reason.to_string() }
    }

    fn link_error(&self, error: LinkError, place: Place) -> TalkError {
        let side = self.side;
        match error {
            LinkError::Timeout => {
                TalkError::Timeout { side, secs: self.link.patience_secs(), place }
            }
            LinkError::Closed => TalkError::Closed { side, place },
            LinkError::Cancelled => TalkError::Cancelled(Cancelled),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::ChannelLink;
    use progress::Cancel;
    use std::time::Duration;

    #[test]
    fn a_client_that_gives_up_does_not_say_why_and_a_server_does() {
        let cancel = Cancel::default();
        let (mut near, mut far) = ChannelLink::pair(Duration::from_secs(5), &cancel);
        let (mut near_meter, mut far_meter) = (Meter::new(1), Meter::new(1));
        let mut client = Talk::client(&mut near, SessionId::default(), &mut near_meter);
        let mut server = Talk::server(&mut far, &mut far_meter);
        let place = Place { kind: MessageKind::Hello, batch: 0, step: 0, layer: 0 };
        let error = client.content(place, "values times the scale reach 2^61");
        client.give_up(&error);
        let told = server.expect(place).unwrap_err().to_string();
        assert_eq!(told, "server: the other side gave up: no reason is given");
        let error = server.content(place, "not enough levels");
        server.give_up(&error);
        let told = client.expect(place).unwrap_err().to_string();
        assert!(told.contains("not enough levels"), "{told}");
    }
}
