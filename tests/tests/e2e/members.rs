//! Three members: everybody is linked to everybody, and what one has said reaches the third
//! although its author is gone.

use crate::browser::Browser::{Chromium, Firefox};
use crate::stage::{Told, play};
use anyhow::ensure;
use std::collections::BTreeSet;

#[test]
fn three_members_form_a_full_mesh() -> Told {
    play("three-members", async |stage| {
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&stage.server.url(), "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        let eva = stage.enter("eva", Firefox).await?;
        eva.join(&invite, "Eva").await?;
        for page in [&ana, &ben, &eva] {
            page.wait_for_company(3).await?;
        }
        for (page, text) in [(&ana, "from Ana"), (&ben, "from Ben"), (&eva, "from Eva")] {
            page.send(text).await?;
            for reader in [&ana, &ben, &eva] {
                reader.hear(text).await?;
            }
            page.wait_for_delivery(text).await?;
            let view = page.view().await?;
            ensure!(view.said(text).iter().all(|row| row.held_by == 2), "{view}");
        }
        let mut keys = BTreeSet::new();
        for page in [&ana, &ben, &eva] {
            page.expect_messages(&["from Ana", "from Ben", "from Eva"]).await?;
            let view = page.view().await?;
            keys.insert(view.members.iter().map(|member| member.member.clone()).collect());
            keys.insert(view.rows.iter().map(|row| row.author.clone()).collect::<BTreeSet<_>>());
        }
        ensure!(keys.len() == 1, "all show the same three members, and these wrote: {keys:?}");
        Ok(())
    })
}

#[test]
fn i12_author_gone_third_member_delivers() -> Told {
    play("author-gone", async |stage| {
        let url = stage.server.url();
        let ana = stage.enter("ana", Chromium).await?;
        let invite = ana.found_room(&url, "Ana").await?;
        let ben = stage.enter("ben", Chromium).await?;
        ben.join(&invite, "Ben").await?;
        let eva = stage.enter("eva", Chromium).await?;
        eva.join(&invite, "Eva").await?;
        for page in [&ana, &ben, &eva] {
            page.wait_for_company(3).await?;
        }
        eva.close().await?;
        ana.wait_for_company(2).await?;

        ana.send("first words").await?;
        ana.send("last words").await?;
        ben.hear("last words").await?;
        let held = |text| {
            move |view: &crate::view::View| {
                view.said(text).iter().any(|row| row.state == "held" && row.held_by == 1)
            }
        };
        ana.wait("one of two holds it", held("last words")).await?;
        let author = ana.view().await?.said("last words").first().map(|row| row.author.clone());
        ana.quit().await?;
        ben.wait_for_company(1).await?;

        let eva = stage.enter("eva", Chromium).await?;
        eva.come_back(&url).await?;
        eva.expect_messages(&["first words", "last words"]).await?;
        let view = eva.view().await?;
        ensure!(view.rows.iter().all(|row| Some(&row.author) == author.as_ref()), "{view}");
        ensure!(view.rows.iter().all(|row| row.state == "received"), "{view}");
        Ok(())
    })
}
