//! What a person is told of a signaling server that breaks its rules.

use browser::{Fault, Misconduct};

use super::*;

#[test]
fn however_often_the_server_breaks_its_rules_there_is_one_notice_and_it_stays_away_once_read() {
    let mut state = in_live_room();
    let fault = |what| PageEvent::Client(ClientEvent::Fault(Fault::Server(what)));
    let notice = |what| Notice::Fault(Fault::Server(what));
    state.apply(fault(Misconduct::Unreadable));
    for _ in 0..100 {
        state.apply(told(Event::Trouble(Trouble::Server(Misconduct::Payload))));
        state.apply(fault(Misconduct::Crowd));
    }
    assert_eq!(state.notices(), [notice(Misconduct::Unreadable)]);
    assert_eq!(state.misconduct, 201);
    state.apply(PageEvent::Dismissed(notice(Misconduct::Unreadable)));
    state.apply(fault(Misconduct::Unreadable));
    assert_eq!(state.notices(), []);
    state.apply(fault(Misconduct::Crowd));
    assert_eq!(state.notices(), [notice(Misconduct::Crowd)], "that was not read yet");
}
