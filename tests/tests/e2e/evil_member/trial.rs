//! The trial of attacks on two real pages: the evil member comes, does one thing, and the pages are
//! looked at: what they show, what they say of it, whether two honest people still talk.

use crate::browser::Browser;
use crate::evil::vital::Memory;
use crate::evil_member::peer::{Handle, Peer};
use crate::evil_member::table::{Attack, Verdict};
use crate::membership::ask_about;
use crate::page::Page;
use crate::stage::Stage;
use crate::view::View;
use anyhow::{Context, Result, ensure};
use engine::RoomRecord;
use engine::frame::Frame;
use engine::register::{Profile, RegisterKind};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{Write, stderr};
use std::time::{Duration, Instant};

/// So many milliseconds a page may leave a person without an answer, on a machine that does much
/// else.
const STALL: u64 = 2_000;
/// How long words may take between pages that are linked, whatever comes.
const WORDS: Duration = Duration::from_secs(15);
/// How long an attack has to show an effect.
const EFFECT: Duration = Duration::from_secs(30);
/// How often a wait looks.
const LOOK: Duration = Duration::from_millis(50);
/// Attacks after which the pages are loaded anew.
const AFTER_SO_MANY: usize = 12;
/// Of what was said so much has to be there after each attack.
const LATELY: usize = 8;
/// What is shown of what Ana decides.
const REMOVED: &str = "Removed Mallory";
/// What no page may ever show.
pub const FORGED: &str = "FORGED";

/// Two honest people, and somebody else in their room.
pub struct Trial {
    ana: Page,
    ben: Page,
    people: [String; 2],
    invite: String,
    signal: String,
    mallory: Option<Handle>,
    /// One that was removed, if one was.
    removed: Option<RoomRecord>,
    mallories: BTreeSet<String>,
    memory: Option<Memory>,
    idle: [u64; 2],
    said: BTreeMap<String, String>,
    /// The newest of what was said: it is on the pages.
    lately: VecDeque<String>,
    signs: u64,
}

/// What an attack has come to.
struct Outcome {
    /// The longest that each page left a person without an answer, in milliseconds.
    stall: [u64; 2],
    /// The most memory, as a multiple of what is had at rest.
    memory: [f64; 2],
    seconds: f64,
}

impl Trial {
    /// Lets Ana found a room and Ben join it.
    pub async fn open(stage: &Stage, browser: Browser) -> Result<Self> {
        let ana = stage.enter("ana", browser).await?;
        let ben = stage.enter("ben", browser).await?;
        let mut memory = None;
        if browser == Browser::Chromium {
            for page in [&ana, &ben] {
                page.watch_vitals().await?;
            }
            memory = Some(Memory::watch(vec![ana.browser_process(), ben.browser_process()]));
        }
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        ben.join(&invite, "Ben").await?;
        ana.wait_for_company(2).await?;
        let view =
            ben.wait_until(Instant::now() + WORDS, "Ana is there", |view| view.online() == 2);
        let members = view.await?.members;
        let named = |name: &str| {
            let member = members.iter().find(|member| member.text.contains(name));
            member.map(|member| member.member.clone()).context("a member has no name")
        };
        let people = [named("Ana")?, named("Ben")?];
        let mut trial = Self {
            ana,
            ben,
            people,
            invite,
            signal: stage.server.signal_url(),
            mallory: None,
            removed: None,
            mallories: BTreeSet::new(),
            memory,
            idle: [0; 2],
            said: BTreeMap::new(),
            lately: VecDeque::new(),
            signs: 0,
        };
        // What a browser does once, such as making code quick, is over then.
        for _ in 0..3 {
            trial.talk("before all").await?;
            trial.admit(|_| ())?;
            trial.wait_until_proven().await?;
            trial.part()?;
        }
        trial.vital().await?;
        trial.talk("at rest").await?;
        trial.idle = trial.most_memory()?;
        Ok(trial)
    }

    fn pages(&self) -> [&Page; 2] {
        [&self.ana, &self.ben]
    }

    fn most_memory(&self) -> Result<[u64; 2]> {
        let Some(memory) = &self.memory else { return Ok([1; 2]) };
        let [ana, ben] = self.pages().map(|page| memory.most(page.browser_process()));
        Ok([ana?, ben?])
    }

    /// Tries one attack after another and prints what each comes to; fails with all that succeeded.
    pub async fn run(&mut self, attacks: &[Attack]) -> Result<()> {
        let mut failed = Vec::new();
        let [ana, ben] = self.idle.map(|bytes| bytes >> 20);
        report(&format!("{} attacks; at rest the pages have {ana} and {ben} MiB", attacks.len()))?;
        report(&format!("{:<55} {:>11} {:>11} {:>5}", "", "stall ms", "memory", "s"))?;
        for (number, attack) in attacks.iter().enumerate() {
            if number % AFTER_SO_MANY == AFTER_SO_MANY - 1 {
                self.begin_anew().await?;
            }
            let mut tried = self.attempt(attack).await;
            if matches!(&tried, Ok(outcome) if outcome.is_stalled()) {
                // The machine may have done much else.
                tried = self.attempt(attack).await;
            }
            match tried.and_then(|outcome| outcome.judge().map(|()| outcome)) {
                Ok(outcome) => outcome.report(attack)?,
                Err(error) => {
                    report(&format!("{:<55} FAILED: {error:#}", attack.name))?;
                    failed.push(format!("{}: {error:#}", attack.name));
                    // What it has left on the screen is not the next one's.
                    self.lately.clear();
                    self.begin_anew().await.context("the pages do not recover")?;
                }
            }
        }
        self.part()?;
        ensure!(failed.is_empty(), "{} attacks succeeded:\n{}", failed.len(), failed.join("\n"));
        Ok(())
    }

    /// Loads both pages anew: whoever drives a browser leaves something in a page at each look, and
    /// that is not to count as the attackers' work.
    async fn begin_anew(&mut self) -> Result<()> {
        self.part()?;
        for page in self.pages() {
            page.reload().await?;
            page.wait("the room is open again", |view| view.shows("composer")).await?;
        }
        self.talk("anew").await
    }

    /// What is no more of use from earlier attacks is given back, so that each is measured alone.
    async fn freshen(&self) -> Result<()> {
        if self.memory.is_some() {
            for page in self.pages() {
                page.command_chromium("HeapProfiler.collectGarbage", json!({})).await?;
            }
        }
        self.vital().await?;
        self.most_memory().map(drop)
    }

    async fn attempt(&mut self, attack: &Attack) -> Result<Outcome> {
        let begun = Instant::now();
        self.freshen().await?;
        if let Verdict::Unproven(words) = attack.verdict {
            self.part()?;
            self.admit(attack.bring)?;
            self.expect_unproven(words).await?;
        } else {
            if self.mallory.is_none() {
                self.admit(|_| ())?;
            }
            self.wait_until_proven().await?;
            let bring = attack.bring;
            let removed = self.removed.clone();
            self.ask(move |peer| {
                peer.friend = removed;
                bring(peer);
            })
            .await?;
            match attack.verdict {
                Verdict::Named(words) => {
                    self.expect_name(words).await?;
                    self.expect_end().await?;
                }
                Verdict::Told(words) => {
                    self.expect_name(words).await?;
                    self.expect_life().await?;
                }
                Verdict::Ended => self.expect_end().await?,
                Verdict::Borne => self.expect_silence().await?,
                Verdict::Said(words) => self.expect_said(words).await?,
                Verdict::Nothing | Verdict::Unproven(_) => self.expect_life().await?,
            }
        }
        self.talk(attack.name).await?;
        if !matches!(attack.verdict, Verdict::Nothing | Verdict::Said(_)) {
            self.part()?;
        }
        self.outcome(begun).await
    }

    /// Somebody comes by the invite.
    fn admit(&mut self, prepare: fn(&mut Peer)) -> Result<()> {
        let mallory = Handle::join(&self.invite, &self.signal, prepare)?;
        self.mallories.insert(mallory.me.to_string());
        self.mallory = Some(mallory);
        Ok(())
    }

    /// Somebody comes, says something, and is removed by Ana: whoever comes later knows its keys.
    pub async fn remove_one(&mut self) -> Result<()> {
        self.admit(|_| ())?;
        self.wait_until_proven().await?;
        let record = self
            .ask(|peer| {
                let profile = Profile { name: "Mallory".to_owned() };
                let name = peer.register(RegisterKind::PROFILE, 1 << 20, &profile);
                peer.tell(&Frame::Register(name));
                let forgery = peer.message("in time");
                peer.tell_forged(forgery);
                peer.record.clone()
            })
            .await?;
        self.expect_said("in time").await?;
        let named = |view: &View| view.members.iter().any(|it| it.text.contains("Mallory"));
        self.ana.wait("it has a name", named).await?;
        ask_about(&self.ana, "Mallory").await?;
        self.ana.click("remove").await?;
        self.ana.click("remove-surely").await?;
        for page in self.pages() {
            page.wait("it is removed", |view| view.online() == 2).await?;
            let other = |view: &View| view.invite().is_some_and(|link| link != self.invite);
            page.wait("another link leads here", other).await?;
        }
        self.part()?;
        let shown = |view: &View| view.rows.iter().any(|row| row.body.starts_with(REMOVED));
        for row in self.ana.wait("the removal is shown", shown).await?.rows {
            if row.body.starts_with(REMOVED) && row.author == self.people[0] {
                self.said.insert(row.body, row.author);
            }
        }
        self.invite = self.ana.invite().await?;
        self.removed = Some(record);
        self.talk("after the removal").await
    }

    /// It leaves.
    fn part(&mut self) -> Result<()> {
        self.mallory.take().map_or(Ok(()), Handle::leave)
    }

    async fn ask<T: Send + 'static>(
        &self,
        order: impl FnOnce(&mut Peer) -> T + Send + 'static,
    ) -> Result<T> {
        self.mallory.as_ref().context("the evil member is not there")?.ask(order).await
    }

    async fn wait_for(&self, what: &str, seen: fn(&mut Peer) -> bool) -> Result<()> {
        let until = Instant::now() + EFFECT;
        while !self.ask(seen).await? {
            ensure!(Instant::now() < until, "the evil member has waited in vain until {what}");
            tokio::time::sleep(LOOK).await;
        }
        Ok(())
    }

    async fn wait_until_proven(&self) -> Result<()> {
        self.wait_for("it is linked with both", |peer| peer.proven().len() == 2).await?;
        self.wait_for("both have told it what was said", |peer| peer.runs_of_others().len() >= 2)
            .await
    }

    /// Both pages say who broke the rules, and how.
    async fn expect_name(&mut self, words: &'static str) -> Result<()> {
        let mark = self.mallory.as_ref().context("it is not there")?.me.mark();
        for page in self.pages() {
            expect_banner(page, &mark, words).await?;
        }
        Ok(())
    }

    async fn expect_end(&self) -> Result<()> {
        self.wait_for("its links end", |peer| peer.lost >= 2).await
    }

    /// It gets no further than to greet.
    async fn expect_unproven(&mut self, words: &'static str) -> Result<()> {
        self.wait_for("both have ended its link", |peer| peer.counter > 0 && peer.ended >= 2)
            .await?;
        let proven = self.ask(|peer| peer.lost + peer.proven().len()).await?;
        ensure!(proven == 0, "it was taken for proven on {proven} links");
        for page in self.pages() {
            expect_banner(page, "Somebody", words).await?;
        }
        Ok(())
    }

    /// Both pages have read all that was sent, or have ended their links.
    async fn expect_silence(&mut self) -> Result<()> {
        self.give_sign().await?;
        self.wait_for("both have borne it", |peer| {
            let answered = peer.ties.values().filter(|tie| tie.answered == peer.awaited);
            answered.count() + peer.lost >= 2
        })
        .await
    }

    /// Both pages show what it says, once, in its name.
    async fn expect_said(&mut self, words: &str) -> Result<()> {
        let me = self.mallory.as_ref().context("it is not there")?.me.to_string();
        for page in self.pages() {
            let shown = |view: &View| {
                view.rows.iter().filter(|row| row.body == words && row.author == me).count() == 1
            };
            let until = Instant::now() + EFFECT;
            page.wait_until(until, &format!("it says {words:?}"), shown).await?;
        }
        self.expect_life().await
    }

    /// Both pages have read all that was sent, and the links live.
    async fn expect_life(&mut self) -> Result<()> {
        self.give_sign().await?;
        self.wait_for("both give a sign of life", |peer| {
            let answered = peer.ties.values().filter(|tie| tie.answered == peer.awaited);
            answered.count() >= 2
        })
        .await
    }

    async fn give_sign(&mut self) -> Result<()> {
        self.signs += 1;
        let sign = self.signs;
        self.ask(move |peer| {
            peer.awaited = sign;
            peer.tell(&Frame::Probe(sign));
        })
        .await
    }

    /// Both say something and hear it; all that is shown was said by whom it is shown for.
    async fn talk(&mut self, what: &str) -> Result<()> {
        let number = self.said.len();
        let words = [format!("{number}: {what}, asks Ana"), format!("{number}: {what}, says Ben")];
        for (at, text) in words.iter().enumerate() {
            let [from, to] = if at == 0 { [&self.ana, &self.ben] } else { [&self.ben, &self.ana] };
            from.send(text).await?;
            to.hear_until(Instant::now() + WORDS, text).await?;
            self.said.insert(text.clone(), self.people[at].clone());
            self.lately.push_back(text.clone());
        }
        while self.lately.len() > LATELY {
            self.lately.pop_front();
        }
        for page in self.pages() {
            let view = page.view().await?;
            self.judge_view(page, &view)?;
            page.judge().await?;
            let pierced: bool = page.run("return window.__xss !== undefined", &[]).await?;
            ensure!(!pierced, "a script of the evil member has run in {}'s page", page.person());
        }
        Ok(())
    }

    fn judge_view(&self, page: &Page, view: &View) -> Result<()> {
        let person = page.person();
        for row in &view.rows {
            let honest = self.said.get(&row.body) == Some(&row.author);
            let copied = self.said.contains_key(&row.body) || row.body.contains(FORGED);
            let own = self.mallories.contains(&row.author) && !copied;
            ensure!(honest || own, "{person} is shown what nobody said: {row:?}");
        }
        for (text, author) in self.said.iter().filter(|(text, _)| self.lately.contains(text)) {
            let there = view.said(text).iter().filter(|row| row.author == *author).count();
            ensure!(there == 1, "“{text}” is there {there} times for {person}");
        }
        for member in &view.members {
            let known =
                self.people.contains(&member.member) || self.mallories.contains(&member.member);
            ensure!(known, "{person} is shown a member that is none: {member:?}");
        }
        for human in &self.people {
            let there = view.members.iter().any(|it| it.member == *human && it.online);
            ensure!(there, "{person} is not shown that {human} is there: {:?}", view.members);
        }
        Ok(())
    }

    async fn vital(&self) -> Result<[u64; 2]> {
        if self.memory.is_none() {
            return Ok([0; 2]);
        }
        Ok([self.ana.vital().await?.stall, self.ben.vital().await?.stall])
    }

    async fn outcome(&self, begun: Instant) -> Result<Outcome> {
        let stall = self.vital().await?;
        let most = self.most_memory()?;
        #[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
        let ratio = |at: usize| most[at] as f64 / self.idle[at].max(1) as f64;
        let seconds = begun.elapsed().as_secs_f64();
        Ok(Outcome { stall, memory: [ratio(0), ratio(1)], seconds })
    }
}

impl Outcome {
    fn is_stalled(&self) -> bool {
        self.stall.iter().any(|stall| *stall >= STALL)
    }

    fn judge(&self) -> Result<()> {
        let Self { stall, memory, .. } = self;
        ensure!(!self.is_stalled(), "a page did not answer for {stall:?} ms");
        ensure!(
            memory.iter().all(|ratio| *ratio < 2.0),
            "the pages took {memory:.2?} of their memory"
        );
        Ok(())
    }

    fn report(&self, attack: &Attack) -> Result<()> {
        let Self { stall, memory, seconds } = self;
        let stall = format!("{}/{}", stall[0], stall[1]);
        let memory = format!("{:.2}/{:.2}", memory[0], memory[1]);
        report(&format!("{:<55} {stall:>11} {memory:>11} {seconds:>5.1}", attack.name))
    }
}

/// Waits until a page says this of whoever has this mark.
async fn expect_banner(page: &Page, mark: &str, words: &str) -> Result<()> {
    let until = Instant::now() + EFFECT;
    loop {
        let view = page.view().await?;
        let banners: Vec<&str> = view.visible("banner").iter().map(|it| it.text.as_str()).collect();
        if banners.iter().any(|text| text.contains(mark) && text.contains(words)) {
            return Ok(());
        }
        let person = page.person();
        ensure!(Instant::now() < until, "{person} is not told “{words}” of {mark}: {banners:?}");
        tokio::time::sleep(LOOK).await;
    }
}

fn report(line: &str) -> Result<()> {
    // Past the test runner's capture: the table is for people.
    Ok(stderr().write_all(format!("evil member: {line}\n").as_bytes())?)
}
