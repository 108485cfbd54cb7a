//! Relays: who gets an account at them, when, and that nobody else sees one.

use protocol::{ClientMessage, ErrorCode, Relays, ServerMessage};
use signaling::{Config, Limits};

use crate::support::{Client, Running, config, room, seconds};

fn with_relays(milliseconds: u64) -> Config {
    Config {
        turn_urls: "turn:turn.example:3478,turns:turn.example:5349".parse().unwrap(),
        turn_secret: Some("north wind and sun".parse().unwrap()),
        turn_life: seconds(milliseconds),
        ..config(Limits::default())
    }
}

async fn relays(page: &mut Client) -> Relays {
    match page.hear().await {
        ServerMessage::Relays(relays) => relays,
        other => panic!("no relays: {other:?}"),
    }
}

/// Ana, and Ben who has come to her, with the account that each got.
async fn met(server: &Running, number: u8) -> [(Client, Relays); 2] {
    let (mut ana, mut ben) = (Client::connect(server).await, Client::connect(server).await);
    ana.join(number).await;
    ana.is_undisturbed().await;
    ben.send(&ClientMessage::Join { room: room(number) }).await;
    let [first, second] = [relays(&mut ana).await, relays(&mut ben).await];
    assert!(matches!(ana.hear().await, ServerMessage::PeerJoined { .. }));
    assert!(matches!(ben.hear().await, ServerMessage::Joined { .. }));
    [(ana, first), (ben, second)]
}

#[tokio::test]
async fn both_of_a_pair_get_an_account_before_they_hear_of_each_other() {
    let server = Running::start(with_relays(60_000)).await;
    let [(mut ana, first), (_ben, second)] = met(&server, 1).await;
    assert_eq!(first.urls, ["turn:turn.example:3478", "turns:turn.example:5349"]);
    assert_eq!((first.seconds, first.credential.len()), (60, 28));
    assert_ne!(first.username, second.username, "an account is for one page");
    assert_ne!(first.credential, second.credential);
    let mut third = Client::connect(&server).await;
    third.send(&ClientMessage::Join { room: room(1) }).await;
    relays(&mut third).await;
    assert!(matches!(ana.hear().await, ServerMessage::PeerJoined { .. }), "one is enough");
}

#[tokio::test]
async fn whoever_is_in_rooms_alone_gets_no_account() {
    let server = Running::start(with_relays(2_000)).await;
    let mut alone = Client::connect(&server).await;
    alone.is_undisturbed().await;
    alone.send(&ClientMessage::Leave { room: room(1) }).await;
    assert_eq!(alone.refused().await, ErrorCode::NotInRoom);
    for n in 1..20 {
        alone.join(n).await;
    }
    // In that time another's is renewed.
    let [(mut ana, _), _ben] = met(&server, 99).await;
    for _ in 0..3 {
        relays(&mut ana).await;
    }
    alone.is_undisturbed().await;
}

#[tokio::test]
async fn the_configuration_says_that_there_are_relays_and_nothing_of_them() {
    let server = Running::start(with_relays(60_000)).await;
    let text = server.fetch("/config.json").await.text().to_owned();
    assert!(text.contains("\"relays\":true"), "{text}");
    assert!(!text.contains("turn") && !text.contains("north"), "{text}");
    let plain = Running::with(Limits::default()).await;
    let text = plain.fetch("/config.json").await.text().to_owned();
    assert!(!text.contains("relays"), "{text}");
    let mut page = Client::connect(&plain).await;
    page.join(1).await;
    page.is_undisturbed().await;
}

#[tokio::test]
async fn an_account_is_renewed_before_it_ends_while_its_page_is_in_a_room_with_another() {
    let server = Running::start(with_relays(2_000)).await;
    let [(mut ana, _), (mut ben, _)] = met(&server, 1).await;
    for page in [&mut ana, &mut ben] {
        assert_eq!(relays(page).await.seconds, 2);
    }
    ben.send(&ClientMessage::Leave { room: room(1) }).await;
    let [(mut cleo, _), _dan] = met(&server, 2).await;
    // As long as an account lasts Ben may come back; then Ana is alone, and gets no other.
    for _ in 0..4 {
        relays(&mut cleo).await;
    }
    ana.send(&ClientMessage::Ping).await;
    let mut renewed = 0;
    loop {
        match ana.hear().await {
            ServerMessage::Pong => break,
            ServerMessage::Relays(_) => renewed += 1,
            ServerMessage::PeerLeft { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert!((1..=2).contains(&renewed), "{renewed} times after Ben had left");
    for _ in 0..2 {
        relays(&mut cleo).await;
    }
    ana.is_undisturbed().await;
    ben.is_undisturbed().await;
}
