//! Every way in which a connection ends, and what its page is told: an error, a close, or nothing.
//!
//! Close codes are those of RFC 6455 §7.4.1 and the IANA registry; a close reason has at most 123
//! bytes.

use core::error::Error as _;

use axum::extract::ws::{CloseFrame, close_code};
use protocol::{ErrorCode, ServerMessage};
use thiserror::Error;
use tokio_tungstenite::tungstenite;

/// Why a connection ends. The text is the close reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Ending {
    /// The page closed it, or the network lost it: there is nobody to tell.
    #[error("closed by the page")]
    Left,
    /// A message longer than so many bytes.
    #[error("a message may have at most {0} bytes")]
    TooLarge(usize),
    /// Text that is no UTF-8.
    #[error("text must be UTF-8")]
    NotUtf8,
    /// Frames that are no WebSocket.
    #[error("not the WebSocket protocol")]
    NotWebSocket,
    /// More or longer messages than the rate allows.
    #[error("too many messages: come back later, and slower")]
    TooManyMessages,
    /// More than all connections of the address, or of its network, may do.
    #[error("too much comes from your network: come back later")]
    TooMuchOfAll,
    /// No valid first message in time.
    #[error("no message came in time: join a room first")]
    FirstMessageLate,
    /// No slot for this address, or for anyone.
    #[error("too many connections: close a tab, or come back later")]
    TooManyConnections,
    /// No answer to several pings.
    #[error("no answer to pings")]
    Silent,
    /// More is waiting for the page than may, or it did not take a message in time.
    #[error("too slow to take its messages: come back when the network is better")]
    Slow,
    /// The server stops.
    #[error("the server is shutting down: come back in a moment")]
    Shutdown,
}

impl Ending {
    /// What a failed read says about the other end. `limit` is the largest message, in bytes.
    pub(crate) fn of_read(error: &axum::Error, limit: usize) -> Self {
        let cause = error.source().and_then(|cause| cause.downcast_ref::<tungstenite::Error>());
        match cause {
            Some(tungstenite::Error::Capacity(_)) => Self::TooLarge(limit),
            Some(tungstenite::Error::Utf8(_)) => Self::NotUtf8,
            Some(tungstenite::Error::Protocol(
                tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
            )) => Self::Left,
            Some(tungstenite::Error::Protocol(_)) => Self::NotWebSocket,
            _ => Self::Left,
        }
    }

    /// The error message that goes before the close, where there is a code for it.
    pub(crate) fn message(self) -> Option<ServerMessage> {
        let code = match self {
            Self::TooLarge(_) => ErrorCode::TooLarge,
            Self::NotUtf8 => ErrorCode::BadMessage,
            Self::TooManyMessages | Self::TooMuchOfAll => ErrorCode::TooManyMessages,
            Self::FirstMessageLate => ErrorCode::FirstMessageLate,
            Self::TooManyConnections => ErrorCode::TooManyConnections,
            Self::Left | Self::NotWebSocket | Self::Silent | Self::Slow | Self::Shutdown => {
                return None;
            }
        };
        Some(ServerMessage::Error { code, message: self.to_string() })
    }

    /// The close frame, unless nobody is there to have it.
    pub(crate) fn close(self) -> Option<CloseFrame> {
        let code = match self {
            Self::Left => return None,
            Self::TooLarge(_) => close_code::SIZE,
            Self::NotUtf8 => close_code::INVALID,
            Self::NotWebSocket => close_code::PROTOCOL,
            Self::TooManyMessages | Self::FirstMessageLate | Self::Silent => close_code::POLICY,
            Self::TooMuchOfAll | Self::TooManyConnections | Self::Slow => close_code::AGAIN,
            Self::Shutdown => close_code::AWAY,
        };
        Some(CloseFrame { code, reason: self.to_string().into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_fits_into_a_close_frame() {
        for ending in [
            Ending::TooLarge(usize::MAX),
            Ending::NotUtf8,
            Ending::NotWebSocket,
            Ending::TooManyMessages,
            Ending::TooMuchOfAll,
            Ending::FirstMessageLate,
            Ending::TooManyConnections,
            Ending::Silent,
            Ending::Slow,
            Ending::Shutdown,
        ] {
            let close = ending.close().expect("a close");
            assert!((1..=123).contains(&close.reason.len()), "{ending}");
        }
        assert_eq!(Ending::Left.close(), None);
    }
}
