//! A server to test, a page that speaks to it, and a plain HTTP client that hides nothing.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use protocol::{ClientMessage, ErrorCode, PeerId, Rendezvous, ServerMessage};
use signaling::{Config, Limits, Pace, Seconds, ServeError, SourceLimits};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// No condition of these tests takes longer, even on a busy machine.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// Waits for something that must come.
pub async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(DEADLINE, what).await.expect("nothing came before the deadline")
}

pub fn room(n: u8) -> Rendezvous {
    Rendezvous::from_bytes([n; 32])
}

pub fn seconds(milliseconds: u64) -> Seconds {
    Seconds(Duration::from_millis(milliseconds))
}

/// A configuration without a page, and without bounds of addresses: all tests share one.
pub fn config(limits: Limits) -> Config {
    let sources = boundless();
    Config { limits, sources, dist: Some("/nonexistent".into()), ..Config::default() }
}

/// An address may do anything.
pub fn boundless() -> SourceLimits {
    let pace = Pace { per_second: u32::MAX, burst: u32::MAX };
    SourceLimits {
        address_connections: pace,
        address_joins: pace,
        address_messages: pace,
        address_bytes: pace,
        prefix_connections: pace,
        prefix_joins: pace,
        prefix_messages: pace,
        prefix_bytes: pace,
        ..SourceLimits::default()
    }
}

pub struct Running {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), ServeError>>,
}

impl Running {
    pub async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(signaling::run(listener, config, async {
            let _ = stopped.await;
        }));
        Self { address, stop, task }
    }

    pub async fn with(limits: Limits) -> Self {
        Self::start(config(limits)).await
    }

    /// Stops the server and says how long that took.
    pub async fn stop(self) -> Duration {
        let begin = Instant::now();
        self.stop.send(()).unwrap();
        soon(self.task).await.unwrap().unwrap();
        begin.elapsed()
    }

    pub async fn wire(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A connection from another loopback address: 127.0.`network`.`host`.
    pub async fn wire_from(&self, network: u8, host: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(SocketAddr::from(([127, 0, network, host], 0))).unwrap();
        soon(socket.connect(self.address)).await.unwrap()
    }

    pub async fn fetch(&self, path: &str) -> Answer {
        self.request("GET", path, &[]).await
    }

    pub async fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        let host = self.address.to_string();
        Answer::of(self.wire().await, &host, method, path, headers).await
    }

    /// What `/healthz` counts under this name.
    pub async fn count(&self, name: &str) -> u64 {
        let health: serde_json::Value =
            serde_json::from_slice(&self.fetch("/healthz").await.body).unwrap();
        health[name].as_u64().unwrap_or_else(|| panic!("{name} in {health}"))
    }

    /// Waits until `/healthz` counts so many.
    pub async fn counts(&self, name: &str, expected: u64) {
        soon(async {
            while self.count(name).await != expected {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

/// An HTTP answer, as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    pub async fn of<S: AsyncRead + AsyncWrite + Unpin>(
        mut wire: S,
        host: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Self {
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            head += &format!("host: {host}\r\n");
        }
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        wire.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        let mut all = Vec::new();
        soon(wire.read_to_end(&mut all)).await.unwrap();
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
        let head = String::from_utf8(all[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let split = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        };
        Self { status, headers: lines.map(split).collect(), body: all[end + 4..].to_vec() }
    }

    pub fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(header, _)| header == name);
        let value = values.next().unwrap_or_else(|| panic!("no {name} in {self:?}"));
        assert!(values.next().is_none(), "{name} comes once");
        &value.1
    }

    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(header, _)| header == name)
    }

    pub fn text(&self) -> &str {
        core::str::from_utf8(&self.body).unwrap()
    }
}

/// What a connection heard before it ended.
#[derive(Debug, PartialEq, Eq)]
pub struct Ended {
    pub error: Option<ErrorCode>,
    pub close: u16,
    pub reason: String,
}

/// A page's WebSocket.
pub struct Client {
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    pub pings: usize,
}

impl Client {
    pub async fn connect(server: &Running) -> Self {
        Self::connect_as(server, None).await.expect("the server takes the connection")
    }

    /// Connects as a page of this origin.
    pub async fn connect_as(
        server: &Running,
        origin: Option<&str>,
    ) -> Result<Self, tungstenite::Error> {
        let url = format!("ws://{}/signal", server.address);
        let mut request = url.into_client_request().unwrap();
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        let (socket, _) = soon(tokio_tungstenite::connect_async(request)).await?;
        Ok(Self { socket, pings: 0 })
    }

    /// Connects from another loopback address, through `wire_from`.
    pub async fn connect_from(server: &Running, network: u8, host: u8) -> Self {
        let wire = MaybeTlsStream::Plain(server.wire_from(network, host).await);
        let url = format!("ws://{}/signal", server.address);
        let (socket, _) = soon(tokio_tungstenite::client_async(url, wire)).await.unwrap();
        Self { socket, pings: 0 }
    }

    pub async fn send(&mut self, message: &ClientMessage) {
        self.send_text(&message.encode()).await;
    }

    pub async fn send_text(&mut self, text: &str) {
        soon(self.socket.send(Message::text(text))).await.unwrap();
    }

    pub async fn signal(&mut self, n: u8, to: PeerId, payload: &str) {
        let payload = payload.to_owned();
        self.send(&ClientMessage::Signal { room: room(n), to, payload }).await;
    }

    /// The next message of the server.
    pub async fn hear(&mut self) -> ServerMessage {
        match self.hear_or_end().await {
            Ok(message) => message,
            Err(close) => panic!("closed: {close:?}"),
        }
    }

    /// The next message, or how the connection was closed.
    async fn hear_or_end(&mut self) -> Result<ServerMessage, (u16, String)> {
        loop {
            let message = soon(self.socket.next()).await;
            match message.expect("a close before the end").expect("no broken connection") {
                Message::Text(text) => return Ok(ServerMessage::decode(&text).unwrap()),
                Message::Close(Some(close)) => {
                    return Err((close.code.into(), close.reason.to_string()));
                }
                Message::Ping(_) => self.pings += 1,
                other => panic!("not expected: {other:?}"),
            }
        }
    }

    /// Waits for the end, over whatever else comes before it.
    pub async fn ended(mut self) -> Ended {
        let mut error = None;
        loop {
            match self.hear_or_end().await {
                Ok(ServerMessage::Error { code, .. }) => error = Some(code),
                Ok(_) => {}
                Err((close, reason)) => {
                    assert!(!reason.is_empty(), "a close has a reason");
                    return Ended { error, close, reason };
                }
            }
        }
    }

    /// Joins a room; its own id and those of the others.
    pub async fn join(&mut self, n: u8) -> (PeerId, Vec<PeerId>) {
        self.send(&ClientMessage::Join { room: room(n) }).await;
        match self.hear().await {
            ServerMessage::Joined { room: joined, you, peers } => {
                assert_eq!(joined, room(n));
                (you, peers)
            }
            other => panic!("not joined: {other:?}"),
        }
    }

    /// The code of the error that comes next.
    pub async fn refused(&mut self) -> ErrorCode {
        match self.hear().await {
            ServerMessage::Error { code, message } => {
                assert!(message.len() > 10, "in words: {message}");
                code
            }
            other => panic!("not refused: {other:?}"),
        }
    }

    /// Asserts that the connection lives and that nothing else came before the answer.
    pub async fn is_undisturbed(&mut self) {
        self.send(&ClientMessage::Ping).await;
        assert_eq!(self.hear().await, ServerMessage::Pong);
    }
}

/// Two members of room 1, with their ids; nothing is left unheard.
pub async fn pair(server: &Running) -> ((Client, PeerId), (Client, PeerId)) {
    let mut ana = Client::connect(server).await;
    let mut ben = Client::connect(server).await;
    let (ana_id, _) = ana.join(1).await;
    let (ben_id, peers) = ben.join(1).await;
    assert_eq!(peers, [ana_id]);
    assert_eq!(ana.hear().await, ServerMessage::PeerJoined { room: room(1), peer: ben_id });
    ((ana, ana_id), (ben, ben_id))
}
