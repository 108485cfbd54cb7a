//! Offers, answers and candidates of a connection that exists, both ways.
//!
//! What a browser says goes out sealed; what comes in has opened, and reaches the browser only if
//! it counts: see [`crate::link::negotiation`]. A server that repeats what opened once, or brings
//! it late, changes nothing. The first offer of a session, which makes a connection, is in
//! [`super`].

use crate::engine::Engine;
use crate::ids::{LinkId, MemberId};
use crate::io::{Output, RtcCall, SdpKind};
use crate::signal::{SignalKind, candidate, relayed, sdp};
use crate::simulation::{Mark, Planted, mark, planted};
use crate::view::Trouble;

impl Engine {
    /// The browser describes its side.
    pub(in crate::engine) fn on_description(&mut self, id: LinkId, kind: SdpKind, sdp: String) {
        let Some(link) = self.links.get_mut(&id) else { return };
        let sdp = candidate::usable(&sdp);
        match sdp::gate(&sdp) {
            Ok(fingerprint) => link.local = Some(fingerprint),
            Err(error) => {
                self.trouble(Trouble::Peer { member: None, what: error.to_string() });
                return self.close(id);
            }
        }
        link.negotiation.tell(kind);
        let sdp = if self.is_relay_only() { relayed::description(&sdp) } else { sdp };
        self.post(
            id,
            match kind {
                SdpKind::Offer => SignalKind::Offer { sdp, boot: self.boot },
                SdpKind::Answer => SignalKind::Answer { sdp },
            },
        );
    }

    /// The browser has found a way to reach it: it is told if the other side would let it pass.
    pub(in crate::engine) fn on_candidate(&mut self, id: LinkId, found: String) {
        let hidden = self.is_relay_only();
        let json = if hidden { relayed::candidate(&found) } else { Some(found) };
        let json = json.filter(|json| sdp::gate_candidate(json).is_ok());
        let Some((json, link)) = json.zip(self.links.get_mut(&id)) else { return };
        if link.negotiation.tell_candidate() {
            self.post(id, SignalKind::Candidate { json });
        }
    }

    /// The other side has.
    pub(super) fn on_their_candidate(&mut self, from: MemberId, session: [u8; 16], json: String) {
        let Some(id) = self.of_session(session, &from) else { return };
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.negotiation.hear_candidate() {
            let call = RtcCall::Candidate(json);
            self.out.push_back(Output::Rtc { link: id, call });
        }
    }

    /// Another path for a connection that exists: it has to be the same connection.
    pub(super) fn on_offer_again(&mut self, id: LinkId, print: sdp::Fingerprint, sdp: String) {
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.remote != Some(print) {
            return;
        }
        let polite = !link.offerer;
        if link.negotiation.hear(SdpKind::Offer, sdp::version(&sdp), polite)
            || planted(Planted::OfferTakenTwice)
        {
            let call = RtcCall::Remote { kind: SdpKind::Offer, sdp };
            self.out.push_back(Output::Rtc { link: id, call });
        } else {
            mark(Mark::DescriptionReplayed);
        }
    }

    /// The answer to an offer of ours.
    pub(super) fn on_answer(&mut self, from: MemberId, session: [u8; 16], sdp: String) {
        let Some(id) = self.of_session(session, &from) else { return };
        let Ok(fingerprint) = sdp::gate(&sdp) else { return };
        let Some(link) = self.links.get_mut(&id) else { return };
        if link.remote.is_some_and(|remote| remote != fingerprint) {
            return;
        }
        let polite = !link.offerer;
        if !link.negotiation.hear(SdpKind::Answer, sdp::version(&sdp), polite)
            && !planted(Planted::AnswerTakenTwice)
        {
            return mark(Mark::DescriptionReplayed);
        }
        (link.claimed, link.remote) = (Some(from), Some(fingerprint));
        let call = RtcCall::Remote { kind: SdpKind::Answer, sdp };
        self.out.push_back(Output::Rtc { link: id, call });
    }
}
