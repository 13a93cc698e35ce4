//! The way of messages from one side to the other: bytes only, and never a wait without an end.

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender, bounded};
use progress::Cancel;
use std::time::{Duration, Instant};

/// How often a wait looks whether it is to stop.
const TICK: Duration = Duration::from_millis(20);

/// Messages on their way in one direction, at most: inputs that are ahead wait with their sender.
const ON_THE_WAY: usize = 4;

/// Why nothing was sent or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkError {
    /// The time was up.
    Timeout,
    /// The other end is gone.
    Closed,
    /// Stopping was asked for.
    Cancelled,
}

/// One end of a connection that carries whole messages.
pub trait Link: Send {
    /// Sends a message.
    fn send(&mut self, bytes: Vec<u8>) -> Result<(), LinkError>;

    /// Waits for the next message.
    fn receive(&mut self) -> Result<Vec<u8>, LinkError>;

    /// The longest wait, seconds.
    fn patience_secs(&self) -> f64;
}

/// An end of a connection inside of this process.
pub struct ChannelLink {
    out: Sender<Vec<u8>>,
    back: Receiver<Vec<u8>>,
    patience: Duration,
    cancel: Cancel,
}

impl ChannelLink {
    /// Both ends of a connection.
    pub fn pair(patience: Duration, cancel: &Cancel) -> (Self, Self) {
        let (to_server, from_client) = bounded(ON_THE_WAY);
        let (to_client, from_server) = bounded(ON_THE_WAY);
        let end = |out, back| Self { out, back, patience, cancel: cancel.clone() };
        (end(to_server, from_server), end(to_client, from_client))
    }

    /// What is left until `start` is `patience` ago, in small parts.
    fn tick(&self, start: Instant) -> Result<Duration, LinkError> {
        if self.cancel.is_cancelled() {
            return Err(LinkError::Cancelled);
        }
        let left = self.patience.checked_sub(start.elapsed()).ok_or(LinkError::Timeout)?;
        Ok(left.min(TICK))
    }
}

impl Link for ChannelLink {
    fn send(&mut self, mut bytes: Vec<u8>) -> Result<(), LinkError> {
        let start = Instant::now();
        loop {
            match self.out.send_timeout(bytes, self.tick(start)?) {
                Ok(()) => return Ok(()),
                Err(SendTimeoutError::Timeout(back)) => bytes = back,
                Err(SendTimeoutError::Disconnected(_)) => return Err(LinkError::Closed),
            }
        }
    }

    fn receive(&mut self) -> Result<Vec<u8>, LinkError> {
        let start = Instant::now();
        loop {
            match self.back.recv_timeout(self.tick(start)?) {
                Ok(bytes) => return Ok(bytes),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(LinkError::Closed),
            }
        }
    }

    fn patience_secs(&self) -> f64 {
        self.patience.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_end() {
        let cancel = Cancel::default();
        let (mut a, mut b) = ChannelLink::pair(Duration::from_millis(30), &cancel);
        a.send(vec![1]).unwrap();
        assert_eq!(b.receive(), Ok(vec![1]));
        assert_eq!(b.receive(), Err(LinkError::Timeout));
        (0..ON_THE_WAY).for_each(|_| a.send(vec![2]).unwrap());
        assert_eq!(a.send(vec![2]), Err(LinkError::Timeout));
        cancel.cancel();
        assert_eq!(b.receive(), Err(LinkError::Cancelled));
        drop(b);
        let (mut a, b) = ChannelLink::pair(Duration::from_secs(60), &Cancel::default());
        drop(b);
        assert_eq!((a.receive(), a.send(vec![])), (Err(LinkError::Closed), Err(LinkError::Closed)));
    }
}
