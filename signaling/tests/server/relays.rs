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

#[tokio::test]
async fn whoever_joins_gets_an_account_first_and_nobody_else_does() {
    let server = Running::start(with_relays(60_000)).await;
    let mut page = Client::connect(&server).await;
    page.is_undisturbed().await;
    page.send(&ClientMessage::Leave { room: room(1) }).await;
    assert_eq!(page.refused().await, ErrorCode::NotInRoom);
    page.send(&ClientMessage::Join { room: room(1) }).await;
    let first = relays(&mut page).await;
    assert_eq!(first.urls, ["turn:turn.example:3478", "turns:turn.example:5349"]);
    assert_eq!((first.seconds, first.credential.len()), (60, 28));
    assert!(matches!(page.hear().await, ServerMessage::Joined { .. }));
    page.join(2).await;
    let mut other = Client::connect(&server).await;
    other.send(&ClientMessage::Join { room: room(3) }).await;
    let second = relays(&mut other).await;
    assert_ne!(first.username, second.username, "an account is for one page");
    assert_ne!(first.credential, second.credential);
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
async fn an_account_is_renewed_before_it_ends_while_its_page_is_in_a_room() {
    let server = Running::start(with_relays(2_000)).await;
    let mut page = Client::connect(&server).await;
    page.send(&ClientMessage::Join { room: room(1) }).await;
    relays(&mut page).await;
    assert!(matches!(page.hear().await, ServerMessage::Joined { .. }));
    assert_eq!(relays(&mut page).await.seconds, 2);
    page.send(&ClientMessage::Leave { room: room(1) }).await;
    let mut witness = Client::connect(&server).await;
    witness.send(&ClientMessage::Join { room: room(2) }).await;
    relays(&mut witness).await;
    assert!(matches!(witness.hear().await, ServerMessage::Joined { .. }));
    assert_eq!(relays(&mut witness).await.seconds, 2);
    page.is_undisturbed().await;
}
