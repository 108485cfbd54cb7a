//! The binary: what it prints, what it logs, how it stops, and that variables equal flags.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::{ClientMessage, ServerMessage};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{room, soon};

/// The server as a process of its own; killed if a test fails.
pub struct Process {
    child: Child,
    pub url: String,
    /// Reads along, so that the server never waits for somebody to read what it logs.
    log: Option<JoinHandle<String>>,
}

pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_signaling"));
    command.env_clear().stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").expect("the line").to_owned();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).unwrap();
            log
        });
        Self { child, url, log: Some(log) }
    }

    /// Where it listens.
    #[cfg(target_os = "linux")]
    pub fn address(&self) -> SocketAddr {
        self.url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// The system's number of it.
    #[cfg(target_os = "linux")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, and waits for the end: its status, how long it took, and the log.
    pub fn stop(mut self, signal: Signal) -> (ExitStatus, Duration, String) {
        let begin = Instant::now();
        kill(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
        let status = self.child.wait().unwrap();
        let took = begin.elapsed();
        (status, took, self.log.take().map(|log| log.join().unwrap()).unwrap_or_default())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_where_it_listens_logs_bytes_only_and_stops_on_sigterm() {
    let process = Process::start(command().args(["--listen", "127.0.0.1:0"]));
    assert!(process.url.starts_with("http://127.0.0.1:") && !process.url.ends_with(":0"));
    let address = format!("{}/signal", process.url.replace("http", "ws"));
    let (mut page, _) = soon(tokio_tungstenite::connect_async(address)).await.unwrap();
    page.send(Message::text(ClientMessage::Join { room: room(7) }.encode())).await.unwrap();
    let joined = soon(page.next()).await.unwrap().unwrap();
    let ServerMessage::Joined { you, .. } =
        ServerMessage::decode(joined.to_text().unwrap()).unwrap()
    else {
        panic!("{joined:?}")
    };
    let payload = "c2VjcmV0c2VjcmV0".to_owned();
    let signal = ClientMessage::Signal { room: room(7), to: you, payload: payload.clone() };
    page.send(Message::text(signal.encode())).await.unwrap();
    soon(page.next()).await.unwrap().unwrap();

    let (status, took, log) = tokio::task::block_in_place(|| process.stop(Signal::SIGTERM));
    assert!(status.success(), "{status}");
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(log.contains("joined room BwcH…"), "{log}");
    assert!(log.contains("relayed 16 bytes in room BwcH…"), "{log}");
    assert!(!log.contains(&payload) && !log.contains(room(7).as_str()), "{log}");
    assert!(!log.contains("127.0.0.1"), "no address of anyone: {log}");
    assert!(!log.contains('\u{1b}'), "no colours in a file");
    let close = soon(page.next()).await.unwrap().unwrap();
    assert!(matches!(close, Message::Close(Some(_))), "{close:?}");
}

#[test]
fn variables_equal_flags_and_an_interrupt_stops_it_too() {
    let mut command = command();
    command.env("CONFAB_LISTEN", "127.0.0.1:0").env("CONFAB_LOG", "error");
    let by_variable = Process::start(&mut command);
    let (status, _, log) = by_variable.stop(Signal::SIGINT);
    assert!(status.success() && log.is_empty(), "{status}: {log}");
}

#[test]
fn what_it_cannot_do_it_says_in_words_and_fails() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for (arguments, word) in [
        (["--listen", address.as_str()], "--listen"),
        (["--log", "a=b=c"], "log filter"),
        (["--message-bytes", "70000"], "8192 to 65536"),
        (["--ice-servers", "turn:relay.example"], "password"),
        (["--members-per-room", "0"], "at least 1"),
        (["--turn-urls", "turn:relay.example"], "--turn-secret"),
        (["--turn-secret", "north wind and sun"], "--turn-urls"),
        (["--turn-life", "1"], "2 to 86400"),
    ] {
        let listen = if arguments[0] == "--listen" { &[][..] } else { &["--listen=127.0.0.1:0"] };
        let output = command().args(arguments).args(listen).output().unwrap();
        let words = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && words.contains(word), "{arguments:?}: {words}");
    }
}
