//! The trial of an attack on two real pages: it is brought, the pages are looked at, the server is
//! honest again, and all has to be as it was.

use crate::browser::Browser::Chromium;
use crate::evil::server::Evil;
use crate::evil::table::{Attack, When};
use crate::evil::vital::Memory;
use crate::page::Page;
use crate::server::Server;
use crate::stage::Stage;
use crate::view::View;
use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::io::{Write, stderr};
use std::time::{Duration, Instant};

/// Connections with peers that have proven nothing, at once: what is called, what is answered, and
/// the link that there is.
const CONNECTIONS: usize = engine::limits::STRANGERS + 2 * engine::limits::LINKS_A_MEMBER;
/// So many milliseconds a page may leave a person without an answer, on a machine that does much
/// else.
const STALL: u64 = 2_000;
/// How long words may take between pages that are linked, whatever comes.
const WORDS: Duration = Duration::from_secs(10);
/// How long an attack has to show an effect.
const EFFECT: Duration = Duration::from_secs(25);
/// Rounds of coming back and talking before memory is looked at.
const WARM_UP: usize = 3;
/// Attacks after which the pages are loaded anew.
const AFTER_SO_MANY: usize = 8;
/// How often the evil server does harm before it is looked at what comes of it.
const HARM: usize = 2;
/// How long a live link is watched: longer than an engine waits before it makes one anew.
const WATCH: Duration = Duration::from_millis(engine::limits::REBUILD_AFTER + 5_000);
/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(100);

/// Two persons in a room whose server is evil.
pub struct Trial {
    evil: Evil,
    /// It serves the page, and is honest.
    page_server: Server,
    ana: Page,
    ben: Page,
    memory: Memory,
    idle: [u64; 2],
    said: Vec<String>,
}

/// What an attack has come to.
pub struct Outcome {
    /// How often each page has said that the server breaks its rules.
    caught: [u64; 2],
    /// The longest that each left a person without an answer, in milliseconds.
    stall: [u64; 2],
    /// Most connections at once.
    connections: [usize; 2],
    /// The most memory, as a multiple of what is had at rest.
    memory: [f64; 2],
    seconds: f64,
}

impl Trial {
    /// Lets Ana found a room and Ben join it, with an evil server that is still honest.
    pub async fn open(stage: &Stage) -> Result<Self> {
        let evil = Evil::start().await?;
        let page_server = stage.another_server(&["--connect", &evil.origin()])?;
        stage.expect_bad_connections();
        let ana = stage.enter("ana", Chromium).await?;
        let ben = stage.enter_speaking("ben", Chromium, "zh-CN").await?;
        for page in [&ana, &ben] {
            page.watch_vitals().await?;
        }
        let url = |person: &str| format!("{}?signal={}", page_server.url(), evil.address(person));
        let invite = ana.found_room(&url("ana"), "Ana").await?;
        let secret = Page::secret(&invite)?;
        ben.join(&format!("{}#{secret}", url("ben")), "Ben").await?;
        let memory = Memory::watch(vec![ana.browser_process(), ben.browser_process()]);
        let mut trial =
            Self { evil, page_server, ana, ben, memory, idle: [0; 2], said: Vec::new() };
        trial.meet().await?;
        // What a browser does once, such as making code quick, is over then.
        for _ in 0..WARM_UP {
            trial.recover().await?;
        }
        trial.rest().await?;
        Ok(trial)
    }

    fn pages(&self) -> [&Page; 2] {
        [&self.ana, &self.ben]
    }

    /// Takes what the pages have at rest, so that what is measured later has something to be
    /// measured by.
    async fn rest(&mut self) -> Result<()> {
        self.most_memory()?;
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            tokio::time::sleep(LOOK).await;
        }
        self.idle = self.most_memory()?;
        Ok(())
    }

    fn most_memory(&self) -> Result<[u64; 2]> {
        Ok([
            self.memory.most(self.ana.browser_process())?,
            self.memory.most(self.ben.browser_process())?,
        ])
    }

    /// Tries one attack after another and prints what each comes to; fails with all that succeeded.
    pub async fn run(&mut self, attacks: &[Attack]) -> Result<()> {
        let (mut failed, mut heavy) = (Vec::new(), false);
        let [ana, ben] = self.idle.map(|bytes| bytes >> 20);
        report(&format!("{} attacks; at rest the pages have {ana} and {ben} MiB", attacks.len()))?;
        report(&format!(
            "{:<55} {:>7} {:>11} {:>8} {:>11} {:>5}",
            "", "told", "stall ms", "links", "memory", "s"
        ))?;
        for (number, attack) in attacks.iter().enumerate() {
            if (number > 0 && number % AFTER_SO_MANY == 0) || heavy {
                self.begin_anew().await?;
            }
            let mut tried = self.attempt(attack).await;
            if matches!(&tried, Ok(outcome) if outcome.is_stalled()) {
                // The machine may have done much else.
                tried = self.attempt(attack).await;
            }
            heavy = matches!(&tried, Ok(outcome) if outcome.is_heavy());
            let tried = tried.and_then(|outcome| outcome.judge().map(|()| outcome));
            match tried {
                Ok(outcome) => outcome.report(attack)?,
                Err(error) => {
                    report(&format!("{:<55} FAILED: {error:#}", attack.name))?;
                    failed.push(format!("{}: {error:#}", attack.name));
                    self.recover().await.with_context(|| {
                        format!("after {}: {error:#}; the pages do not recover", attack.name)
                    })?;
                }
            }
        }
        ensure!(failed.is_empty(), "{} attacks succeeded:\n{}", failed.len(), failed.join("\n"));
        self.expect_words().await?;
        self.page_server.judge()
    }

    async fn attempt(&mut self, attack: &Attack) -> Result<Outcome> {
        let begun = Instant::now();
        let before = self.caught().await?;
        self.freshen().await?;
        if attack.when == When::Live {
            self.link_anew().await?;
        }
        let made = self.connections_made().await?;
        (attack.bring)(&self.evil);
        let mut caught = match attack.when {
            When::Linked => {
                self.evil.written().await?;
                self.talk(attack.name).await?;
                before
            }
            When::Live => {
                self.evil.written().await?;
                self.watch(made).await?;
                self.talk(attack.name).await?;
                [before[0], 0]
            }
            When::Calling | When::Parted => {
                self.ben.reload().await?;
                self.ben.wait("the room is open again", |view| view.shows("composer")).await?;
                self.harm().await?;
                [before[0], 0]
            }
            When::Returning => {
                self.harm().await?;
                before
            }
        };
        if attack.caught {
            let both = matches!(attack.when, When::Linked);
            self.wait_until_caught(caught, both).await?;
        }
        if attack.name.contains("invented peers") {
            self.wait_for_calls().await?;
            self.talk("among strangers").await?;
        }
        if attack.when == When::Parted {
            let view = self.ben.view().await?;
            ensure!(view.state("link-state") != "online", "Ben has a link that cannot be");
        }
        let after = self.caught().await?;
        for (was, is) in caught.iter_mut().zip(after) {
            *was = is.saturating_sub(*was);
        }
        self.recover().await?;
        self.outcome(caught, begun).await
    }

    /// Ben comes anew, so that both are linked by what has just gone through the server, at the
    /// addresses that they have there.
    async fn link_anew(&mut self) -> Result<()> {
        self.evil.forget();
        self.ben.reload().await?;
        self.ben.wait("the room is open again", |view| view.shows("composer")).await?;
        self.meet().await?;
        ensure!(!self.evil.kept().is_empty(), "nothing of the new link went through the server");
        Ok(())
    }

    async fn connections_made(&self) -> Result<[u64; 2]> {
        Ok([self.ana.connections_made().await?, self.ben.connections_made().await?])
    }

    /// Both keep the link that they have, as long as it would take to make another.
    async fn watch(&self, made: [u64; 2]) -> Result<()> {
        let until = Instant::now() + WATCH;
        while Instant::now() < until {
            for page in self.pages() {
                let view = page.view().await?;
                let linked = view.online() == 2 && view.state("link-state") == "online";
                ensure!(linked, "{} has lost its link", page.person());
            }
            let now = self.connections_made().await?;
            ensure!(now == made, "the link was made anew: {made:?} connections, then {now:?}");
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    /// Loads both pages anew: whoever drives a browser leaves something in a page at each look, and
    /// that is not to count as the attackers' work.
    async fn begin_anew(&mut self) -> Result<()> {
        for page in self.pages() {
            page.reload().await?;
            page.wait("the room is open again", |view| view.shows("composer")).await?;
        }
        self.recover().await
    }

    /// What is no more of use from earlier attacks is given back, so that each is measured alone.
    async fn freshen(&mut self) -> Result<()> {
        for page in self.pages() {
            page.command_chromium("HeapProfiler.collectGarbage", json!({})).await?;
            page.vital().await?;
        }
        self.most_memory().map(drop)
    }

    /// The server is honest again, and everybody comes back to it.
    async fn recover(&mut self) -> Result<()> {
        self.evil.honest();
        self.evil.hang_up();
        self.meet().await?;
        self.talk("as before").await
    }

    /// Waits until both are online at the server, and linked.
    async fn meet(&self) -> Result<()> {
        for page in self.pages() {
            let until = Instant::now() + Duration::from_secs(60);
            let there = |view: &View| {
                view.online() == 2
                    && view.state("link-state") == "online"
                    && view.state("signal-state") == "online"
            };
            page.wait_until(until, "both are linked, and online at the server", there).await?;
        }
        Ok(())
    }

    /// Both say something and hear it; nothing else is shown, and nobody else is there.
    async fn talk(&mut self, what: &str) -> Result<()> {
        let number = self.said.len();
        let words = [format!("{number}: {what}, asks Ana"), format!("{number}: {what}, says Ben")];
        for (text, from, to) in
            [(&words[0], &self.ana, &self.ben), (&words[1], &self.ben, &self.ana)]
        {
            from.send(text).await?;
            to.hear_until(Instant::now() + WORDS, text).await?;
        }
        self.said.extend(words);
        for page in self.pages() {
            let view = page.view().await?;
            let stranger =
                view.bodies().into_iter().find(|body| !self.said.iter().any(|s| s == body));
            ensure!(
                stranger.is_none(),
                "{} is shown what nobody said: {stranger:?}",
                page.person()
            );
            ensure!(view.members.len() == 2, "{} is shown {:?}", page.person(), view.members);
        }
        Ok(())
    }

    /// Waits until the server has done harm.
    async fn harm(&self) -> Result<()> {
        let until = Instant::now() + EFFECT;
        while self.evil.harmed() < HARM {
            // The first may be all there is to harm, if nothing comes of it.
            if self.evil.harmed() > 0 && Instant::now() + EFFECT > until + Duration::from_secs(8) {
                break;
            }
            ensure!(Instant::now() < until, "the evil server had nothing to harm");
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn caught(&self) -> Result<[u64; 2]> {
        let mut caught = [0; 2];
        for (caught, page) in caught.iter_mut().zip(self.pages()) {
            *caught = page.view().await?.misconduct();
        }
        Ok(caught)
    }

    async fn wait_until_caught(&self, before: [u64; 2], both: bool) -> Result<()> {
        let until = Instant::now() + EFFECT;
        loop {
            let now = self.caught().await?;
            let is = [now[0] > before[0], now[1] > before[1]];
            if is == [true; 2] || (!both && is.contains(&true)) {
                return Ok(());
            }
            ensure!(
                Instant::now() < until,
                "no page says that the server breaks its rules: {is:?}"
            );
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until the strangers are called.
    async fn wait_for_calls(&self) -> Result<()> {
        let until = Instant::now() + EFFECT;
        for page in self.pages() {
            let open = "return window.__vital.open";
            while page.run::<usize>(open, &[]).await? <= engine::limits::STRANGERS / 2 {
                ensure!(Instant::now() < until, "{} calls none of the strangers", page.person());
                tokio::time::sleep(LOOK).await;
            }
        }
        Ok(())
    }

    async fn outcome(&self, caught: [u64; 2], begun: Instant) -> Result<Outcome> {
        let [ana, ben] = [self.ana.vital().await?, self.ben.vital().await?];
        let most = self.most_memory()?;
        #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
        let ratio = |at: usize| most[at] as f64 / self.idle[at] as f64;
        Ok(Outcome {
            caught,
            stall: [ana.stall, ben.stall],
            connections: [ana.most, ben.most],
            memory: [ratio(0), ratio(1)],
            seconds: begun.elapsed().as_secs_f64(),
        })
    }

    /// The pages say in words, each in its language, what the server does.
    async fn expect_words(&self) -> Result<()> {
        for (page, words) in [(&self.ana, "breaks the rules"), (&self.ben, "违反了规则")] {
            self.evil.send(&crate::evil::wire::text("{]"));
            let said = |view: &View| {
                let banners = view.visible("banner");
                banners.iter().filter(|banner| banner.text.contains(words)).count() == 1
            };
            page.wait("it is said once, in words, that the server breaks its rules", said).await?;
        }
        Ok(())
    }
}

impl Outcome {
    fn is_stalled(&self) -> bool {
        self.stall.iter().any(|stall| *stall >= STALL)
    }

    /// What such an attack leaves behind is not to count as the next one's.
    fn is_heavy(&self) -> bool {
        self.memory.iter().any(|ratio| *ratio > 1.5)
    }

    fn judge(&self) -> Result<()> {
        let Self { stall, connections, memory, .. } = self;
        ensure!(!self.is_stalled(), "a page did not answer for {stall:?} ms");
        let few = |count: &usize| *count <= CONNECTIONS;
        ensure!(connections.iter().all(few), "the pages had {connections:?} connections at once");
        ensure!(
            memory.iter().all(|ratio| *ratio < 2.0),
            "the pages took {memory:.2?} of their memory"
        );
        Ok(())
    }

    fn report(&self, attack: &Attack) -> Result<()> {
        let Self { caught, stall, connections, memory, seconds } = self;
        let told = format!("{}/{}", caught[0], caught[1]);
        let stall = format!("{}/{}", stall[0], stall[1]);
        let connections = format!("{}/{}", connections[0], connections[1]);
        let memory = format!("{:.2}/{:.2}", memory[0], memory[1]);
        report(&format!(
            "{:<55} {told:>7} {stall:>11} {connections:>8} {memory:>11} {seconds:>5.1}",
            attack.name
        ))
    }
}

fn report(line: &str) -> Result<()> {
    // Past the test runner's capture: the table is for people.
    Ok(stderr().write_all(format!("evil: {line}\n").as_bytes())?)
}
