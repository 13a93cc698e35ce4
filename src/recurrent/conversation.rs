//! Client and server of a run, each on a thread of its own with bytes between them.

use super::link::{ChannelLink, Link};
use super::meter::Meter;
use super::talk::TalkError;
use progress::Cancel;
use std::time::Duration;

/// What a conversation gave.
pub(crate) struct Conversation {
    /// Sequence after sequence.
    pub outputs: Vec<f64>,
    pub client: Meter,
    pub server: Meter,
}

/// Lets both sides talk about sequences of so many steps; neither waits longer than that for a message.
pub(crate) fn converse(
    (steps, patience): (usize, Duration),
    cancel: &Cancel,
    client: impl FnOnce(&mut dyn Link, &mut Meter) -> Result<Vec<f64>, TalkError>,
    server: impl FnOnce(&mut dyn Link, &mut Meter) -> Result<(), TalkError> + Send,
) -> Result<Conversation, TalkError> {
    let (mut ours, mut theirs) = ChannelLink::pair(patience, cancel);
    let (mut client_meter, mut server_meter) = (Meter::new(steps), Meter::new(steps));
    let (asked, served) = std::thread::scope(|scope| {
        let serving = scope.spawn(|| {
            let served = server(&mut theirs, &mut server_meter);
            // The client must not wait for one that is gone.
            drop(theirs);
            served
        });
        let asked = client(&mut ours, &mut client_meter);
        drop(ours);
        let gone = || TalkError::Gone { side: "server" };
        (asked, serving.join().unwrap_or_else(|_| Err(gone())))
    });
    // The side that found the error says more than the one that was told.
    let outputs = match (asked, served) {
        (Ok(outputs), Ok(())) => outputs,
        (Err(error), Err(other)) if error.is_echo() => return Err(other),
        (Err(error), _) | (Ok(_), Err(error)) => return Err(error),
    };
    Ok(Conversation { outputs, client: client_meter, server: server_meter })
}
