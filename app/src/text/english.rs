//! The fixed words in English.

use super::Language;
use super::words::Words;

/// Words for one, and for any other number: that stands where they have a `#`.
fn counted(count: impl TryInto<u64>, one: &str, other: &str) -> String {
    Language::English.counted(count, one, other)
}

fn number(number: impl TryInto<u64>) -> String {
    Language::English.numbered(number)
}

pub static ENGLISH: Words = Words {
    tagline: "Browser to browser. No account, no server that reads along.",
    language: "Language",
    dismiss: "Dismiss",
    close: "Close",
    reload: "Reload the page",
    update: "Update now",
    notices: "Notices",

    start_heading: "Start a room",
    start_lead: "Make a room, send its link to somebody, and talk. Messages travel straight from \
                 your browser to theirs.",
    your_name: "Your name",
    your_name_hint: "Others see it beside a mark that is made from your key.",
    room_name: "Name of the room",
    room_name_hint: "So that you find it again.",
    optional: "optional",
    create: "Create room",
    creating: "Creating the room…",
    who_comes_in: "Who comes in",
    by_link: "Whoever has the link",
    by_link_more: "They come in at once.",
    by_approval: "Whoever a member lets in",
    by_approval_more: "The link only lets people knock. This cannot be changed later.",
    your_rooms: "Your rooms",
    unnamed_room: "Room without a name",
    nothing_said: "Nothing said yet",
    you_said: "You",
    line_of: |who, text| format!("{who}: {text}"),
    new_ones: "new",
    muted: "muted",
    archived: |count| format!("Put away ({})", number(count)),
    mute: "Mute",
    mute_more: "What is new here is not counted in the title of the tab.",
    unmute: "Do not mute any more",
    unmute_more: "What is new here counts in the title of the tab again.",
    archive: "Put away",
    archive_more: "Into the folded list at the end, until somebody says something; for good if it \
                   is muted.",
    unarchive: "Take back",
    unarchive_more: "Among the other rooms again.",
    tell_read: "Tell others what I have read",
    tell_read_more: "Also what you have read while it was off.",
    untell_read: "Tell nobody what I have read",
    untell_read_more: "They still see that a message has arrived here, and you still see what they \
                       have read. What was told before stays told. Words that go after they were \
                       read stay with their author then.",
    tell_typing: "Show others that I am typing",
    tell_typing_more: "Only while you type, and it is not stored.",
    untell_typing: "Show nobody that I am typing",
    untell_typing_more: "You still see it of others.",
    relay_only: "Only through relays",
    relay_only_more: "Members do not see this device's addresses from now on. Without a relay at \
                      the server nobody is reached, and what you write waits.",
    allow_direct: "Allow direct connections",
    allow_direct_more: "Quicker, and members see this device's addresses.",
    leave: "Leave the room",
    leave_more: "Deletes it from this device. You are asked once more.",
    leave_heading: |name| format!("Leave {name}?"),
    leave_gone: "All of it is deleted from this device: its messages, your keys and your name in \
                 it, and what you have typed there.",
    leave_others: "The others keep what they have, also what you have said. Nobody is told; you \
                   are just not there any more.",
    leave_lost: |count| {
        counted(
            count,
            "# message of yours is held by nobody else yet, and is lost.",
            "# messages of yours are held by nobody else yet, and are lost.",
        )
    },
    leave_later: |count| {
        counted(
            count,
            "# message that waits for its time will not be said.",
            "# messages that wait for their time will not be said.",
        )
    },
    leave_back: "Whoever comes back needs an invite link, and is somebody new there.",
    this_device: "This device",
    alerts_on: "Tell me of new messages",
    alerts_off: "Tell me no more of new messages",
    sound_on: "Play a sound for new messages",
    sound_off: "No more sound for new messages",
    sound_more: "A soft sound while this page is hidden. Muted rooms do not sound.",
    passphrase: "Passphrase",
    passphrase_again: "The same once more",
    passphrase_short: |least| {
        format!("Take at least {least} characters: several words that do not belong together.")
    },
    passphrase_long: |most| format!("That is too long: at most {} bytes.", number(most)),
    passphrases_differ: "The two are not the same.",
    guard: "Passphrase for this device",
    guard_more: "Seals all that Confab stores in this browser. It is asked for whenever Confab is \
                 opened.",
    guard_seals: "All that Confab stores here is sealed under it: names, messages, keys, drafts. \
                  Whoever gets this disk and not the passphrase reads none of it.",
    guard_shows: "Not hidden: how many rooms and members there are, how much was said and when. \
                  While it is unlocked, whoever sits here reads all.",
    guard_lost: "A lost passphrase cannot be replaced, by nobody. What is here is gone then; only \
                 a backup brings it back.",
    guard_before: "What lay here in clear is overwritten. Old files and the browser's own history \
                   may still show parts of it: it protects best when it is set at the beginning.",
    guard_set: "Set the passphrase",
    guard_change: "Change it",
    guard_remove: "Remove it",
    guard_remove_more: "To remove it the present one is enough. All that is stored lies here in \
                        clear then.",
    guard_old: "Present passphrase",
    guard_new: "New passphrase",
    guard_working: "One moment …",
    guard_done: "Done.",
    guard_idle: "Lock when nobody touches Confab",
    lock_now: "Lock now",
    lock_now_more: "Closes all rooms in all tabs, and forgets their keys until the passphrase is \
                    typed.",
    locked_heading: "Confab is locked",
    locked_lead: "Type the passphrase of this device. Nothing is received or sent before that.",
    locked_lost: "Passphrase lost?",
    locked_lost_more: "Nobody can open what is here without it. You can delete everything and \
                       begin anew, or bring a backup in afterwards.",
    unlock: "Unlock",
    unlocking: "Unlocking …",
    export: "Export a backup",
    export_more: "All rooms, keys and messages in one file under a passphrase: to keep, or to move \
                  to another device.",
    export_holds: "The file holds your keys, your rooms, all messages that are here, and what \
                   still waits to be sent.",
    export_secret: "Whoever has the file and the passphrase is you. Without the passphrase nobody \
                    can open it, and nobody can give you another.",
    export_moves: "To move to another device: import the file there, then delete everything here. \
                   While both go on you are one member on two devices, which meet each other \
                   only through others. Messages that wait for a time would then be said by both.",
    import: "Import a backup",
    import_more: "Brings the rooms of a backup to this device, with their messages.",
    import_adds: "Rooms of the file are added. Rooms that are here already stay as they are, and \
                  nothing here is lost.",
    import_moves: "You go on as the same member. Delete everything on the old device then, unless \
                   you want to go on there, too.",
    import_trust: "Take only files that you have made yourself: whoever made one knows its keys \
                   and can speak for you in its rooms.",
    import_no_file: "Choose a file first.",
    backup_file: "File",
    wipe: "Delete everything",
    wipe_more: "Deletes all rooms, keys, messages and drafts of Confab from this browser. You are \
                asked once more.",
    wipe_heading: "Delete everything on this device?",
    wipe_gone: |rooms| match rooms {
        0 => "All that Confab keeps in this browser is deleted. It is in no room.".to_owned(),
        _ => counted(
            rooms,
            "Your room, its messages, your keys, your name and your drafts are deleted from this \
             browser, in all tabs.",
            "Your # rooms, their messages, your keys, your name and your drafts are deleted from \
             this browser, in all tabs.",
        ),
    },
    wipe_locked: "All that Confab keeps in this browser is deleted: your rooms, their messages, \
                  your keys, your name and your drafts. While it is locked nobody knows which.",
    wipe_unknown: |rooms| {
        counted(
            rooms,
            "One room is still being read: what would be lost of it is not known yet.",
            "# rooms are still being read: what would be lost of them is not known yet.",
        )
    },
    wipe_back: "Whoever comes back to a room needs an invite link, and is somebody new there. \
                Nobody can undo this.",
    wiping: "Deleting everything…",
    wiping_more: "The page loads again when it is done. If it is closed before that, it goes on \
                  when Confab is opened the next time.",

    good_to_know: "Good to know",
    fact_history: "Newcomers see earlier messages.",
    fact_history_more: "Whoever joins later can read what was said before.",
    fact_tabs: "Two tabs are one member.",
    fact_tabs_more: "All tabs of this browser speak with one voice in a room.",
    fact_open: "Nothing arrives while no page is open.",
    fact_open_more: "What you write is kept here and goes out when somebody is back.",

    join_heading: "You are invited",
    join_lead: "Somebody has sent you the way into a room. Give yourself a name and come in.",
    invited_by: "The link says that it comes from ",
    invited_by_more: ". Anybody can write a name into a link.",
    join: "Join the room",
    joining: "Joining the room…",
    knock_lead: "Somebody has sent you the way to the door of a room. Give yourself a name and \
                 knock: a member has to let you in.",
    knock: "Ask to be let in",
    not_now: "Not now",
    who_sees_what: "Who sees what",
    members_see: "Members of the room",
    members_see_what: "see your name, your messages, when you are online, and the network \
                       addresses of your device.",
    server_sees: "The server that introduces you",
    server_sees_what: "sees your address, and when and with whom your browser meets. It never \
                       sees a message, a name or a key.",
    link_holders: "Whoever has the link",
    link_holders_see: "can join and read all that was said, also before they came.",
    link_holders_knock: "can ask to be let in. Whoever a member lets in can read all that was \
                         said, also before they came.",

    opening: "Opening the room…",
    all_rooms: "All rooms",
    members: "Members",
    member_count: |count| counted(count, "# member", "# members"),
    member_count_label: |count| format!("Members: {}. Show them", number(count)),
    you: "you",
    founder: "founder",
    admin: "admin",
    choices_of: |name| format!("What to do with {name}"),
    promote: "Make an admin",
    promote_more: "Admins remove members, name other admins, and change the invite link.",
    demote: "Take the admin role away",
    demote_more: "Stays in the room as a member.",
    remove: "Remove from the room",
    remove_more: "For good. You are asked once more.",
    remove_from: |name| format!("Remove {name} from the room?"),
    remove_unheard: |name| {
        format!(
            "From now on {name} reads nothing that is said here, and what {name} writes counts \
             for nobody. This is for good."
        )
    },
    remove_secret: "The room gets a fresh secret and a new invite link. The old link leads \
                    nowhere; everybody else stays. Send the new link only to those you want \
                    here.",
    remove_keeps: |name| {
        format!("{name} keeps what was said until now: nobody can take that back.")
    },
    compare: "Verify",
    compare_more: "Make sure that this is who you think, and that nobody stands in between.",
    verify_whom: |name| format!("Is this {name}?"),
    verify_lead: |name| {
        format!(
            "Compare these digits with {name}, but not in this chat: in person, or in a call in \
             which you know the voice. {name} finds the same digits here, beside your name."
        )
    },
    verify_differs: "If they differ in any place, somebody may stand between you, or you do not \
                     talk with whom you think: say nothing private here, and tell each other.",
    verify_match: "They match",
    verify_undo: "Not verified any more",
    verified_title: "Verified: you have compared this member's key",
    verified_as: |name| format!("You compared this key when its name was {name}"),
    renamed_title: "Verified under another name: this member has changed its name since",
    double_title: "Careful: this member has the name of another, but another key",
    code_label: "The same digits as a QR code",
    compare_text: "Compare digits that were sent or scanned",
    compare_text_label: "Digits, or the text of the other QR code",
    compared_so_far: |count| format!("The same so far: {count} of 60 digits."),
    compared_same: "They are the same.",
    compared_different: "They are not the same.",
    online: "online",
    away: "away",
    nameless: "Somebody without a name",
    mark_title: "Made from this member's key. Two members can have one name, but not one mark.",
    change_name: "Change your name",
    change_room_name: "Change the room's name",
    save: "Save",
    mute_member: "Mute",
    mute_member_more: "What this member says is shown, and counts as nothing new. On this device.",
    unmute_member: "Unmute",
    unmute_member_more: "What this member says counts as new again.",
    block: "Block",
    block_more: "Nothing more of what this member says is kept, shown or handed on by this device. \
                 The member sees that it was refused. Others go on reading it.",
    unblock: "Unblock",
    unblock_more: "What was said meanwhile comes, as far as somebody here holds it.",
    blocked: "blocked",
    by_blocked: "From a member that you have blocked",
    uncover: "Show",
    cover: "Hide",
    forget: "Forget",
    forget_title: "No longer wait for this member before a message counts as delivered",

    invite: "Invite",
    invite_heading: "Invite somebody",
    invite_lead: "Whoever opens this link can join, and read what was said before. Send it only \
                  to people you want here.",
    invite_link: "Invite link",
    invite_names_you: "It says that it comes from you.",
    copy: "Copy link",
    copied: "Copied",
    copy_by_hand: "Selected: copy it with your keyboard",
    local_invite: "This link works on this machine only, because the page was opened as \
                   localhost. For other devices, open the page under an address of this machine \
                   (cargo xtask serve --tls --listen 0.0.0.0:8443 prints one) and invite from \
                   there.",
    invite_door_lead: "Whoever opens this link can ask to be let in; a member decides. Then they \
                       can read what was said before.",
    renew: "Change the link",
    renew_more: "The link that you have sent so far leads nowhere then. Nobody is removed: \
                 whoever is in the room stays, and whoever is away finds the way back. Whoever \
                 has not come yet, or waits at the door, needs the new link.",
    renew_now: "Make a new link",
    renewing: "Making a new link…",
    renewed: "This is the new link. The old one leads nowhere now.",
    nobody_heading: "Nobody else is here yet",
    nobody_lead: "Send this link to somebody, or open it in another browser. You can write \
                  already: what you say waits here until they come.",
    absent_heading: "Nobody else is here now",
    absent_lead: "Whoever sent you the link is not here at the moment. You can write already: \
                  what you say waits here until somebody comes. Earlier messages come when \
                  somebody is back.",
    quiet_heading: "Nothing has been said yet",
    quiet_lead: "Write the first message.",
    door: "at the door",
    who_knocks: |count| counted(count, "Somebody asks to be let in", "# people ask to be let in"),
    who_knocks_more: "Anybody can use any name: let in only whom you know. Whoever comes in can \
                      read what was said before.",
    let_in: "Let in",
    let_in_whom: |name| format!("Let in {name}"),
    turn_away: "Turn away",
    turn_away_whom: |name| format!("Turn away {name}"),
    waits_since: |moment| format!("waits since {moment}"),
    has_left: "has left, and comes in when back",
    knock_again: "Ask again",
    outside: "You are at the door",
    removed: "You were removed from this room",

    messages: "Messages",
    load_older: "Show older messages",
    loading_older: "Loading older messages…",
    beginning: "This is where the room begins.",
    to_newest: "To the newest message",
    unread: |count| counted(count, "# new message", "# new messages"),
    announce_one: |name, text| format!("{name}: {text}"),
    announce_many: |count| counted(count, "# new message", "# new messages"),
    late: "arrived late",
    late_title: "It was written earlier and came only now.",
    late_above: |count| {
        counted(count, "# message arrived late, further up", "# messages arrived late, further up")
    },
    body_gone: "This message is gone.",
    body_newer: "This message was written by a newer version of Confab. Reload to update.",
    body_unreadable: "This message is genuine, but cannot be opened.",
    edit_again: "Edit",
    discard: "Discard",
    today: "Today",
    yesterday: "Yesterday",

    composer: "Message",
    room_opens: "Opening the room…",
    tab_ended: "This tab has ended: reload the page",
    composer_ended: "Nothing can be sent from here any more",
    composer_outside: "You can write once a member has let you in",
    composer_removed: "You were removed: you can read, but not write",
    composer_placeholder: "Write a message",
    composer_keys: "Enter sends, Shift+Enter starts a new line.",
    send: "Send",
    priority: "Priority",
    urgent: "Urgent",
    normal: "Normal",
    low: "Low",

    waiting: "waiting",
    waiting_title: "Messages of yours that nobody else holds yet. They are kept here, also when \
                    you close the page.",
    leads: "This tab does the work for all tabs of this browser.",
    follows: "Another tab of this browser does the work; this one shows the same.",
    lead_unknown: "The tabs are still deciding which of them does the work.",
    nobody_leads: "This tab does nothing any more. The notice above says why.",
    connection: "Connection",
    missing_one: |count, author| {
        let messages = counted(count, "# message", "# messages");
        format!("{messages} from {author} {}.", counted(count, "is missing", "are missing"))
    },
    missing_asking: |count, author, holder| {
        let messages = counted(count, "# message", "# messages");
        let are_missing = counted(count, "is missing", "are missing");
        format!("{messages} from {author} {are_missing}, asking {holder}.")
    },

    delivery: "Delivery",
    as_usual: "as usual",
    live_only: "live only",
    in_10_minutes: "in 10 minutes",
    in_an_hour: "in an hour",
    gone_in_a_minute: "gone in a minute",
    gone_in_an_hour: "gone in an hour",
    gone_in_a_day: "gone in a day",
    gone_once_read: "gone 1 minute after reading",
    gone_hour_after_reading: "gone 1 hour after reading",
    goes_after_reading: |span| format!("goes {span} after reading"),
    lasts_until: |moment| format!("until {moment}"),
    queue: "Queue",
    queue_empty: "Nothing of yours waits.",
    queue_failed: "What has failed is marked in the list of messages.",
    when_back: |name| format!("when {name} is back"),
    only_to: |name| format!("only to {name}"),
    only_you_and: |name| format!("only you and {name}"),
    only_to_lead: |name| {
        format!("Only {name} can read what you send now, until you choose another delivery.")
    },
    sent_at: |moment| format!("will be sent {moment}"),
    send_now: "Send now",
    waits_for_members: "waits for somebody to come",
    more_waiting: |count| format!("and {} more", number(count)),
    cancel: "Cancel",
    undelivered: "Undelivered",
    retry: "Try again",
    edit_and_resend: "Edit and resend",
    put_away: "Put away",
    attempts_so_far: |count| counted(count, "# attempt", "# attempts"),
    older_message: "an older message",
    reason_expired: "expired first",
    reason_no_space: "no space left there",
    reason_too_much: "more than is kept there",
    reason_not_allowed: "refused as not allowed",
    reason_blocked: "refused as blocked",
    reason_not_understood: "not understood by the version there",
    reason_quota: "more at once than is taken there; it is asked for again",
    reason_other: "refused",
    look_inside: "Look inside",
    lane: "Class",
    lane_messages: "Waiting",
    lane_bytes: "Size",
    lane_credit: "Credit",
    lane_oldest: "Oldest",
    lane_attempts: "Refused",
    all_lanes: "All",
    not_stored: |drafts, bytes, incoming| {
        format!("Not stored yet: {drafts} of yours ({bytes}), {incoming} of others.")
    },
    graph_waiting: |now, most, span| {
        format!("Waiting, over all members: {now} now, {most} at most in {span}.")
    },
    graph_round_trip: |now, most, span| {
        format!("There and back, the slowest member: {now} now, {most} at most in {span}.")
    },
    control: "Control",
    backfill: "History",
    nobody_known: "There is nobody else in this room yet.",
    live_now: "Live, not kept",
    edited: "edited",
    actions: "What to do with this message",
    search: "Search in this room",
    search_hint: "Search",
    search_up: "Further up",
    search_down: "Further down",
    found: |count| {
        if count == 0 { "nothing found".to_owned() } else { format!("{} found", number(count)) }
    },
    found_so_far: |count| format!("{} so far…", number(count)),
    found_at: |place, count| format!("{} of {}", number(place), number(count)),
    found_among: |count| {
        format!("Among the newest {} messages; older ones are not searched.", number(count))
    },
    reply: "Reply",
    in_reply_to: "In reply to",
    replying_to: |name| format!("Reply to {name}"),
    replying_above: "Reply to a message further up",
    reply_unfit: "This cannot be answered as chosen: nothing is answered live, and what two can \
        read only among the two.",
    to_original: "Go to this message",
    original_absent: "A message that is not on this device",
    original_lost: "That message is too far up to be shown, or not here any more.",
    stop_reply: "Do not reply to it",
    react: "React",
    delete_message: "Delete",
    delete_sure: "Really delete?",
    typing: |names, count| format!("{names} {} typing…", counted(count, "is", "are")),
    more_others: |count| counted(count, "# other", "# others"),
    failed_for: |name, why| format!("{name}: {why}"),
    reacted: |emoji, count| format!("{emoji} {}: add or take away yours", number(count)),

    editing_message: "Editing a message. Escape gives it up.",
    editing_waiting: "Editing a message that waits. Escape gives it up.",
    editing_undelivered: "Sending again in other words; the old message goes.",
    editing_gone: "That message is gone: it was taken back elsewhere, or has expired. Enter does \
                   nothing now; the Send button says these words as a new message.",
    add_to_bundle: "Add to the messages that are sent together",
    no_bundle_so: "What is sent together is sent at once and stored: choose another delivery first",
    bundle_heading: |count| {
        counted(count, "# message to be sent together", "# messages to be sent together")
    },
    bundle_lead: "Everybody sees all of them at once, or none.",
    take_out: |place| format!("Take message {place} out"),
    send_all: "Send all",
    way_heading: "The way of this message",
    way_of: |standing| format!("{standing}. Show its way"),
    way_forgotten: "What has no time is known from receipts: times are kept for the newest 1,000 \
                    messages, and only while this page stays open.",

    everyday: super::everyday::ENGLISH,
};
