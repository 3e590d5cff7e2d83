(* SPDX-License-Identifier: BSL-1.0 *)
(** A channel without a buffer: the program of a plain push and pop, what is true under the lock, and the exchange.

    The program is that of sluice/detail/chan_core.hpp, chan_lines.hpp, chan_place.hpp, chan_gate.hpp and chan_words.hpp where `buffered_`
    is false; the seat is chan_seat.v's. What it shares with a channel with a buffer is the text of chan.v and chan_ring.v: an attempt at the ring,
    which is barred for good, the attempts under the lock, and the wait in line. The ring's one slot is never looked at, and is not here;
    nature_ is without the bit that says that there is no buffer. Whether a pop may sit at all, which a task's may not, nor one where an
    element has no room at the seat, is left open, and so is whether a push may wait there; and whether it looks for a while for who sits
    down. *)
From iris.algebra Require Import excl.
From iris.base_logic.lib Require Import invariants cancelable_invariants mono_nat ghost_var ghost_map saved_prop.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import chan chan_wait chan_seat.

(** ** Program *)
(* the words, which only tell whether somebody is in line, or that it is closed; and the guesses of where a push, or a pop, begins *)
Notation tail_of r := (Fst (Fst (Fst r))).
Notation head_of r := (Snd (Fst (Fst r))).
Notation idle_of r := (Fst (Snd (Fst r))).
Notation lap_of r := (Snd (Snd (Fst r))).

Notation words_of c := (Fst (ring_of c)).
Notation seat_of c := (Snd (ring_of c)).

Definition new_chan : val := λ: "idle" "lap",
  let: "ring" := (((ref "idle", ref "idle"), (ref "idle", "lap")), (ref "idle", ref "idle")) in let: "nature" := ref #0 in
  let: "senders" := new_list #() in let: "receivers" := new_list #() in let: "seat" := new_seat #() in
  let: "lock" := new_lock #() in
  ((("lock", "nature"), ("senders", "receivers")), ("ring", "seat")).

Definition shown : val := λ: "r" "some",
  !(idle_of "r") + (if: "some" then lap_of "r" else #0).             (*@ shown load#1 relaxed *)
Definition show_senders : val := λ: "r" "some",
  tail_of "r" <- shown "r" "some".                                   (*@ show_senders store#1 seq_cst *)
Definition show_receivers : val := λ: "r" "some",
  head_of "r" <- shown "r" "some".                                   (*@ show_receivers store#1 seq_cst *)
Definition no_senders : val := λ: "r",
  let: "word" := !(tail_of "r") in "word" = shown "r" #false.        (*@ no_senders load#1 seq_cst *)
Definition no_receivers : val := λ: "r",
  let: "word" := !(head_of "r") in "word" = shown "r" #false.        (*@ no_receivers load#1 seq_cst *)

(* under the lock: what is shown already is left as it is, and stays so when the last one in line is served *)
Definition senders_shown : val := λ: "c" "some",
  if: !(shown_of (senders_of "c")) = "some" then #() else
  shown_of (senders_of "c") <- "some";; show_senders (words_of "c") "some".
Definition receivers_shown : val := λ: "c" "some",
  if: !(shown_of (receivers_of "c")) = "some" then #() else
  shown_of (receivers_of "c") <- "some";; show_receivers (words_of "c") "some".

(* the answer, and who is to be given the element: who is in line, and then is to be rung, or who sits *)
Definition push_or_claim : val := λ: "c" "v",
  if: is_closed "c" then (#(code closed), NONE) else                 (*@ is_closed load#1 seq_cst *)
  if: seems_open (seat_of "c") && claim_seat (seat_of "c") then (#(code moved), SOME (InjR #())) else
  match: take (receivers_of "c") with NONE => (#(code none), NONE) | SOME "n" => (#(code moved), SOME (InjL "n")) end.
Definition hand_over : val := λ: "v" "n",
  element (!(fixed_of "n")) <- "v";; served_of "n" <- #true.         (*@ hand_over storage *)
Definition take_from : val := λ: "e", !"e".                          (*@ take_from value *)
(* from who offers; that it is to be woken where it sleeps is not said, for a wake-up does nothing *)
Definition take_offer : val := λ: "c",
  if: has_offer (seat_of "c")
  then let: "u" := take_from (cell_of (seat_of "c")) in take_seat (seat_of "c");; SOME "u" else NONE.
Definition pop_locked : val := λ: "c",
  match: take_offer "c" with
    SOME "u" => ((#(code moved), "u"), NONE)
  | NONE =>
  match: take (senders_of "c") with
    NONE => (((if: is_closed "c" then #(code closed) else #(code none)), #()), NONE)
  | SOME "n" =>
      let: "u" := !(element (!(fixed_of "n"))) in
      served_of "n" <- #true;;
      ((#(code moved), "u"), SOME "n")
  end end.
Definition line_up_sender : val := λ: "c" "n",
  senders_shown "c" #true;; append (senders_of "c") "n";; #true.
Definition line_up_receiver : val := λ: "c" "n",
  receivers_shown "c" #true;; append (receivers_of "c") "n";; #true.
(* no task does, and nobody where an element has no room there *)
Definition sit_down : val := λ: "c",
  if: nondet_bool #() then #false else
  if: is_empty (receivers_of "c") && is_vacant (seat_of "c")
  then receivers_shown "c" #true;; sit (seat_of "c");; #true else #false.
(* likewise; and by who has offered, when it gives up *)
Definition put_on_offer : val := λ: "c" "v",
  cell_of (seat_of "c") <- "v";; offer_seat (seat_of "c").           (*@ put_on_offer storage *)
Definition offer : val := λ: "c" "v",
  if: nondet_bool #() then #false else
  if: is_empty (senders_of "c") && is_vacant (seat_of "c") then put_on_offer "c" "v";; #true else #false.
Definition withdraw : val := λ: "c",
  if: has_offer (seat_of "c") then withdraw_seat (seat_of "c");; #true else #false.
Definition leave_senders : val := λ: "c" "n",
  if: leave (senders_of "c") "n"
  then (if: is_empty (senders_of "c") then senders_shown "c" #false else #());; #true else #false.
Definition leave_receivers : val := λ: "c" "n",
  if: leave (receivers_of "c") "n"
  then (if: is_empty (receivers_of "c") && ~ seems_open (seat_of "c") then receivers_shown "c" #false else #());; #true else #false.

(* to who sits, and was claimed *)
Definition serve : val := λ: "c" "v",
  cell_of (seat_of "c") <- "v";; serve_seat (seat_of "c").           (*@ serve storage *)
(* until it is decided, as until_decided *)
Definition decide_push : val := rec: "again" "c" "v" "otherwise" :=
  lock (lock_of "c");;
  let: "x" := push_or_claim "c" "v" in
  let: "decided" := if: Fst "x" = #(code none) then "otherwise" #() else #true in
  unlock (lock_of "c");;
  match: Snd "x" with
    NONE => #()
  | SOME "who" => match: "who" with InjL "n" => hand_over "v" "n";; ring "n" | InjR <> => serve "c" "v" end
  end;;
  if: "decided" then Fst "x" else "again" "c" "v" "otherwise".
(* without the lock *)
Definition push_to_seat : val := λ: "c" "v",
  if: claim_seat (seat_of "c") then serve "c" "v";; #true else #false.
(* after some looks at the seat, or not at all *)
Definition push_soon : val := λ: "c" "v", if: nondet_bool #() then #false else push_to_seat "c" "v".

Definition try_push : val := λ: "c" "v",
  let: "a" := push (words_of "c") "v" in
  if: "a" = #(code moved) then "a" else
  if: ("a" = #(code none)) || (no_receivers (words_of "c")) then #(code none) else
  if: push_to_seat "c" "v" then #(code moved) else
  decide_push "c" "v" (λ: <>, receivers_shown "c" #false;; #true).
Definition try_pop : val := λ: "c",
  let: "a" := pop (words_of "c") in
  if: Fst "a" = #(code moved) then "a" else
  if: (Fst "a" = #(code none)) || ((~ offers (seat_of "c")) && no_senders (words_of "c")) then (#(code none), #()) else
  until_decided "c" (λ: <>, pop_locked "c") (λ: <>, senders_shown "c" #false;; #true) (λ: "n", #()).

(* with a limit, or without: then it is never told that it quit *)
Definition wait_on_offer : val := λ: "c",
  let: "left" :=
    if: wait_at (seat_of "c") then #false else
    lock (lock_of "c");; let: "left" := withdraw "c" in unlock (lock_of "c");;
    if: "left" then #true else wait_at_for_ever (seat_of "c");; #false in
  if: "left" then #(code quit) else
  let: "served" := was_served (seat_of "c") in
  vacate (seat_of "c");;
  if: "served" then #(code moved) else #(code closed).
Definition push_waiting : val := λ: "c" "v",
  if: push_to_seat "c" "v" || push_soon "c" "v" then #(code moved) else
  let: "w" := new_waiter #() in let: "e" := ref "v" in let: "n" := new_node "w" #0 "e" in let: "sits" := ref #false in
  let: "a" := decide_push "c" "v"
    (λ: <>, if: offer "c" "v" then "sits" <- #true;; #true else line_up_sender "c" "n") in
  let: "a" :=
    if: !"sits" then wait_on_offer "c" else
    if: "a" = #(code none) then wait_in_line "c" "w" "n" (λ: <>, leave_senders "c" "n") else "a" in
  Free "sits";; end_node "n";; end_waiter "w";; Free "e";; "a".
Definition wait_at_seat : val := λ: "c",
  let: "left" :=
    if: wait_at (seat_of "c") then #false else
    if: leave_seat (seat_of "c") then #true else wait_at_for_ever (seat_of "c");; #false in
  if: "left" then (#(code quit), #()) else
  let: "served" := was_served (seat_of "c") in
  let: "u" := if: "served" then take_from (cell_of (seat_of "c")) else #() in
  vacate (seat_of "c");;
  ((if: "served" then #(code moved) else #(code closed)), "u").
Definition pop_waiting : val := λ: "c",
  let: "w" := new_waiter #() in let: "e" := ref #() in let: "n" := new_node "w" #0 "e" in let: "sits" := ref #false in
  let: "a" := until_decided "c" (λ: <>, pop_locked "c")
    (λ: <>, if: sit_down "c" then "sits" <- #true;; #true else line_up_receiver "c" "n") (λ: "n", #()) in
  let: "a" :=
    if: Fst "a" = #(code none) then
      if: !"sits" then wait_at_seat "c" else
      let: "why" := wait_in_line "c" "w" "n" (λ: <>, leave_receivers "c" "n") in
      ("why", if: "why" = #(code moved) then take_from "e" else #())
    else "a" in
  Free "sits";; end_node "n";; end_waiter "w";; Free "e";; "a".
Definition push_wait : val := λ: "c" "v",
  if: push (words_of "c") "v" = #(code moved) then #(code moved) else push_waiting "c" "v".
Definition pop_wait : val := λ: "c",
  let: "a" := pop (words_of "c") in
  if: Fst "a" = #(code moved) then "a" else pop_waiting "c".

(* false if it was closed before *)
Definition close : val := λ: "c",
  lock (lock_of "c");;
  if: is_closed "c" then unlock (lock_of "c");; #false else
  senders_shown "c" #true;; receivers_shown "c" #true;;
  let: "sits" := claim_seat (seat_of "c") in
  mark_closed "c";;                                                  (*@ mark_closed load#1 relaxed, mark_closed store#1 seq_cst *)
  (if: "sits" || has_offer (seat_of "c") then refuse_seat (seat_of "c") else #());;
  let: "receivers" := take_all (receivers_of "c") in
  let: "senders" := take_all (senders_of "c") in
  unlock (lock_of "c");; ring_all "receivers";; ring_all "senders";; #true.

(*@ of primitives/sluice/chan.hpp primitives/sluice/detail/chan_gate.hpp primitives/sluice/detail/chan_words.hpp primitives/sluice/detail/chan_lines.hpp primitives/sluice/detail/chan_place.hpp primitives/sluice/detail/chan_hand_over.hpp
    without buffer_decides: a guess, before an attempt that may be in vain
    without size: of a channel with a buffer
    without bar_pushes_if_empty: of a channel with a buffer
    without bar_pops_if_full: of a channel with a buffer
    without let_pushes: of a channel with a buffer
    without let_pops: of a channel with a buffer
    without bar_pushes: of a channel with a buffer
    without expect: a guess, of whether it is worth while to look before a push, or a select, lines up
    without expects_offer: the same
    path meets.push.none: no_receivers load#1, shown load#1
    path meets.pop.none: no_senders load#1, shown load#1
    path meets.push.in_line: is_closed load#1, shown load#1, show_senders store#1
    path meets.pop.in_line: is_closed load#1, shown load#1, show_receivers store#1, expect store#1, take_from value
    path meets.pop.sits: is_closed load#1, shown load#1, show_receivers store#1, expect store#1, take_from value
    path meets.push.in_vain.at_seat: no_receivers load#1, shown load#1, is_closed load#1, shown load#1, show_receivers store#1
    path meets.push.serves: serve storage
    path meets.try_push.serves: no_receivers load#1, shown load#1, serve storage
    path meets.close.refuses: is_closed load#1, shown load#1, show_senders store#1, mark_closed load#1, mark_closed store#1
    path meets.push.hands_over: is_closed load#1, hand_over storage
    path meets.try_push: no_receivers load#1, shown load#1, is_closed load#1, hand_over storage
    path meets.try_pop: no_senders load#1, shown load#1
    path meets.push.in_vain: no_receivers load#1, shown load#1, is_closed load#1, shown load#1, show_receivers store#1
    path meets.pop.in_vain: no_senders load#1, shown load#1, is_closed load#1, shown load#1, show_senders store#1
    path meets.close: is_closed load#1, shown load#1, show_senders store#1, shown load#1, show_receivers store#1,
      mark_closed load#1, mark_closed store#1
    path meets.pop.none.at_seat: no_senders load#1, shown load#1
    path meets.push.offers: is_closed load#1, expect store#1, put_on_offer storage
    path meets.pop.takes: take_from value
    path meets.try_pop.takes: take_from value
    path meets.close.refuses_push: is_closed load#1, shown load#1, show_senders store#1, shown load#1, show_receivers store#1,
      mark_closed load#1, mark_closed store#1
    path meets.push.closed: no_receivers load#1, shown load#1, is_closed load#1
    path meets.pop.closed: no_senders load#1, shown load#1, is_closed load#1 *)

Section rendezvous.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace) (idle lap : Z).
  Implicit Types (c : channel) (a w e : loc) (xs vs : list val) (m s r side ok waits : bool) (P : party) (L : list (loc * party)).
  Notation E := (⊤ ∖ ↑N).
  Notation content c := (content (c_ring c)).
  Notation parties := (parties N 0). Notation claimed := (claimed N 0). Notation rings := (rings N 0). Notation to_ring := (to_ring N 0).
  Notation wants := (wants N 0). Notation waiting := (waiting N 0).
  Notation push_update := (push_update N 0). Notation pop_update := (pop_update N).
  (* there are no slots; their places are those of the word that says how "nobody" looks *)
  Notation l_idle := l_turns.

  Definition words_value (b : buffer) : val :=
    (((#(l_tail b), #(l_head b)), (#(l_idle b), #lap)), (#(l_push b), #(l_pop b))).
  Definition chan_value c : val := channel_value c (words_value (c_ring c), #(seat_at c)).

  (** ** The state *)
  (** The abstract state is chan.v's: a FIFO, and whether it is closed. There is nothing inside, at any time: what the word "closed"
      says is so, and then both lines look as if somebody were there, so that everybody takes the lock. *)
  Definition shows s : Z := idle + (if s then lap else 0).
  Definition words c s r : iProp Σ := l_tail (c_ring c) ↦{#1/2} #(shows s) ∗ l_head (c_ring c) ↦{#1/2} #(shows r).
  Definition open c m : iProp Σ := c_nature c ↦{#1/2} #(Z.b2z m).
  Definition words_inv c : iProp Σ :=
    ∃ s r m, words c s r ∗ open c m ∗ content c [] m ∗ ⌜m = true → s = true ∧ r = true⌝ ∗ seat N c r m.
  (** for ever *)
  Definition barred_words c : iProp Σ :=
    l_idle (c_ring c) ↦□ #idle ∗ l_push (c_ring c) ↦□ #idle ∗ l_pop (c_ring c) ↦□ #idle ∗ ⌜(idle `rem` 2 = 1 ∧ lap ≠ 0)%Z⌝.
  Definition is_words c : iProp Σ := barred_words c ∗ inv (N .@ "words") (words_inv c).
  (** under the lock *)
  Definition crowd m L : bool := if L is [] then m else true.
  Definition marks c s r : iProp Σ := words c s r ∗ (c_line c true +ₗ 2) ↦ #s ∗ (c_line c false +ₗ 2) ↦ #r.
  (** somebody is shown where somebody is in line, or it is closed, and perhaps where nobody is any more *)
  Definition state c o m Ls Lr : iProp Σ :=
    open c m ∗ offer_inv N c o ∗ (∃ s r, marks c s r ∗ ⌜(crowd m Ls = true → s = true) ∧ (crowd m Lr = true → r = true)⌝) ∗
    parties c true Ls ∗ parties c false Lr ∗
    ⌜(m = true → Ls = [] ∧ Lr = []) ∧ (Ls = [] ∨ Lr = []) ∧ (o = true → m = false ∧ Lr = [])⌝.
  Definition chan_inv c : iProp Σ := (∃ k, knows c k) ∗ ∃ o m Ls Lr, state c o m Ls Lr.
  Definition is_chan c : iProp Σ := is_lock (N .@ "lock") (γl c) (c_lock c) (chan_inv c) ∗ is_words c.
  Global Instance is_words_persistent c : Persistent (is_words c).
  Proof. rewrite /is_words /barred_words. apply bi.sep_persistent; apply _. Qed.
  Global Instance is_chan_persistent c : Persistent (is_chan c).
  Proof. rewrite /is_chan /is_lock. apply bi.sep_persistent; apply _. Qed.

  Lemma mask_words : (⊤ ∖ ↑N : coPset) ⊆ ⊤ ∖ ↑N .@ "words".
  Proof. solve_ndisj. Qed.
  Lemma open_agree c m m' : open c m -∗ open c m' -∗ ⌜m = m'⌝.
  Proof. iIntros "H H'". iDestruct (mapsto_agree with "H H'") as %[= Hm]. iPureIntro. by destruct m, m'. Qed.

  (** ** Steps of the abstract state, by whoever holds the lock *)
  Lemma locked_step c m Q :
    is_words c -∗ open c m -∗ (content c [] m ={E}=∗ content c [] m ∗ Q) ={⊤}=∗ open c m ∗ Q.
  Proof.
    iIntros "[_ #I] Ho HQ". iInv "I" as (s r m') "(>Hw & >Ho' & >Hc & >%Hm & Hx)" "Hclose". iDestruct (open_agree with "Ho Ho'") as %<-.
    iMod (fupd_mask_mono with "(HQ Hc)") as "[Hc HQ]"; first apply mask_words. iFrame "Ho HQ".
    iApply "Hclose". iNext. iExists s, r, m. by iFrame.
  Qed.
  (** the exchange: the element comes from the push and goes to the pop, and nobody else ever sees it inside *)
  Lemma meet c waits waits' v Φ Φ' :
    push_update c waits v Φ -∗ pop_update c waits' Φ' -∗ content c [] false ={E}=∗
    content c [] false ∗ Φ #(code moved) ∗ Φ' (#(code moved), v)%V.
  Proof.
    iIntros "AU AU' Hc". iMod (push_commit _ _ _ _ _ _ moved with "AU Hc") as "[Hc $]"; first (split; [done|simpl; lia]).
    iApply (pop_commit with "AU' Hc").
  Qed.
  Lemma exchange c waits waits' v Φ Φ' :
    is_words c -∗ open c false -∗ push_update c waits v Φ -∗ pop_update c waits' Φ' ={⊤}=∗
    open c false ∗ Φ #(code moved) ∗ Φ' (#(code moved), v)%V.
  Proof. iIntros "#Hw Ho AU AU'". iApply (locked_step with "Hw Ho"). iApply (meet with "AU AU'"). Qed.
  Lemma refuse c side v Φ :
    is_words c -∗ open c true -∗ (if side then push_update c true v Φ else pop_update c true Φ) ={⊤}=∗
    open c true ∗ Φ (if side then #(code closed) else popped_value (Not closed)).
  Proof.
    iIntros "#Hw Ho AU". iApply (locked_step with "Hw Ho"). iIntros "Hc". destruct side.
    - by iApply (push_commit _ _ _ _ _ _ closed with "AU Hc").
    - by iApply (pop_refuse _ _ _ _ closed with "AU Hc").
  Qed.

  (** ** The words *)
  Lemma shown_spec c (b : bool) : {{{ is_words c }}} shown (words_value (c_ring c)) #b {{{ RET #(shows b); True }}}.
  Proof.
    iIntros (Φ) "[(#Hi & _) _] HΦ". wp_lam. wp_pures. destruct b; wp_pures; wp_load; wp_pures; by iApply "HΦ".
  Qed.
  Lemma shown_is s : (lap ≠ 0)%Z → bool_decide (#(shows s) = #(shows false)) = negb s.
  Proof. intros Hl. destruct s; [rewrite bool_decide_false //|rewrite bool_decide_true //]. intros [=]. rewrite /shows in H0. lia. Qed.

  Lemma show_senders_spec c (b s r : bool) :
    {{{ is_words c ∗ open c false ∗ words c s r }}} show_senders (words_value (c_ring c)) #b {{{ RET #(); open c false ∗ words c b r }}}.
  Proof.
    iIntros (Φ) "(#Hw & Ho & Ht & Hh) HΦ". wp_lam. wp_pures. wp_apply (shown_spec with "Hw"). iIntros "_". wp_pures.
    iDestruct "Hw" as "[_ I]". iInv "I" as (s' r' m) "(>[Ht' Hh'] & >Ho' & >Hc & >%Hm & Hx)". iDestruct (open_agree with "Ho Ho'") as %<-.
    iDestruct (mapsto_agree with "Ht Ht'") as %Hs. rewrite -Hs. iCombine "Ht Ht'" as "Ht".
    wp_store. iDestruct "Ht" as "[Ht Ht']". iModIntro. iSplitL "Ht' Hh' Ho' Hc Hx"; first (iNext; iExists b, r', false; by iFrame).
    iApply "HΦ". by iFrame.
  Qed.
  (** "nobody" may be shown where nobody sits whom a push could meet *)
  Lemma show_receivers_spec c (b s r : bool) k :
    b = true ∨ k = 1%nat →
    {{{ is_words c ∗ open c false ∗ words c s r ∗ knows c k }}}
      show_receivers (words_value (c_ring c)) #b
    {{{ RET #(); open c false ∗ words c s b ∗ knows c k }}}.
  Proof.
    iIntros (Hb Φ) "(#Hw & Ho & [Ht Hh] & Hk) HΦ". wp_lam. wp_pures. wp_apply (shown_spec with "Hw"). iIntros "_". wp_pures.
    iDestruct "Hw" as "[_ I]". iInv "I" as (s' r' m) "(>[Ht' Hh'] & >Ho' & >Hc & >%Hm & Hx)". iDestruct (open_agree with "Ho Ho'") as %<-.
    iDestruct (mapsto_agree with "Hh Hh'") as %Hr. rewrite -Hr. iCombine "Hh Hh'" as "Hh".
    wp_store. iDestruct "Hh" as "[Hh Hh']". iDestruct (seat_shows N c r' b false k with "Hk Hx") as "[Hk Hx]"; first done.
    iModIntro. iSplitL "Ht' Hh' Ho' Hc Hx"; first (iNext; iExists s', b, false; by iFrame).
    iApply "HΦ". by iFrame.
  Qed.
  Lemma senders_shown_spec c (b s r : bool) :
    {{{ is_words c ∗ open c false ∗ marks c s r }}} senders_shown (chan_value c) #b {{{ RET #(); open c false ∗ marks c b r }}}.
  Proof.
    iIntros (Φ) "(#Hw & Ho & Hws & Hs & Hr) HΦ". wp_lam. wp_pures. wp_load. wp_pures. case_bool_decide as Hb; wp_pures.
    - injection Hb as ->. iApply "HΦ". by iFrame.
    - wp_store. wp_pures. wp_apply (show_senders_spec with "[$Hw $Ho $Hws]"). iIntros "[Ho Hws]". iApply "HΦ". by iFrame.
  Qed.
  Lemma receivers_shown_spec c (b s r : bool) k :
    b = true ∨ k = 1%nat →
    {{{ is_words c ∗ open c false ∗ marks c s r ∗ knows c k }}}
      receivers_shown (chan_value c) #b
    {{{ RET #(); open c false ∗ marks c s b ∗ knows c k }}}.
  Proof.
    iIntros (Hk Φ) "(#Hw & Ho & (Hws & Hs & Hr) & Hk) HΦ". wp_lam. wp_pures. wp_load. wp_pures. case_bool_decide as Hb; wp_pures.
    - injection Hb as ->. iApply "HΦ". by iFrame.
    - wp_store. wp_pures. wp_apply (show_receivers_spec with "[$Hw $Ho $Hws $Hk]"); first done. iIntros "(Ho & Hws & Hk)".
      iApply "HΦ". by iFrame.
  Qed.
  (** the last push in line may have left *)
  Lemma no_more_senders_spec c L r :
    {{{ is_words c ∗ open c false ∗ marks c true r ∗ parties c true L }}}
      (if: is_empty #(c_line c true) then senders_shown (chan_value c) #false else #())
    {{{ v, RET v; open c false ∗ parties c true L ∗ marks c (crowd false L) r }}}.
  Proof.
    iIntros (Φ) "(#Hw & Ho & Hws & HL) HΦ". wp_apply (line_empty with "HL"). iIntros "HL". destruct L as [|y L].
    - rewrite bool_decide_true //. wp_pures.
      wp_apply (senders_shown_spec with "[$Hw $Ho $Hws]"). iIntros "[Ho Hws]". iApply "HΦ". iFrame.
    - rewrite bool_decide_false //. wp_pures. iApply "HΦ". by iFrame.
  Qed.

  (** nothing is ever inside *)
  Theorem nothing_inside c vs m : is_chan c -∗ content c vs m ={⊤}=∗ content c vs m ∗ ⌜vs = []⌝.
  Proof.
    iIntros "#[_ [_ I]] Hc". iInv "I" as (s r m') "(>Hw & >Ho & >Hc' & >%Hm & Hx)" "Hclose".
    iDestruct (ghost_var_agree with "Hc Hc'") as %[= -> ->]. iMod ("Hclose" with "[Hw Ho Hc' Hx]") as "_"; last by iFrame.
    iNext. iExists s, r, m'. by iFrame.
  Qed.

  Theorem new_chan_spec :
    (idle `rem` 2 = 1)%Z → (lap ≠ 0)%Z →
    {{{ True }}} new_chan #idle #lap {{{ c, RET (chan_value c); is_chan c ∗ content c [] false }}}.
  Proof.
    iIntros (Hi Hl Φ) "_ HΦ". rewrite /new_chan. wp_pures. wp_alloc lq as "Hq". wp_alloc lp as "Hp". wp_pures. wp_alloc li as "Hi".
    wp_pures. wp_alloc lh as "[Hh Hh']". wp_alloc lt as "[Ht Ht']". wp_pures. wp_alloc lc as "[Hm Hm']". wp_pures.
    wp_apply new_list_spec; first done. iIntros (ls) "[Hs Hsf]". wp_pures. wp_apply new_list_spec; first done. iIntros (lr) "[Hrl Hrf]".
    wp_pures. wp_apply new_seat_spec; first done. iIntros (lx) "[Hx Hcl]". wp_pures. wp_lam. wp_alloc ll as "Hl". wp_pures.
    iMod (own_alloc (Excl ())) as (gl) "Hgl"; first done.
    iMod (ghost_map_alloc (∅ : gmap loc party)) as (gs) "[Hgs _]". iMod (ghost_map_alloc (∅ : gmap loc party)) as (gr) "[Hgr _]".
    iMod (ghost_var_alloc (@nil val, false)) as (gc) "[Hc Hc']". iMod (ghost_var_alloc gc) as (gt) "Ht0".
    iMod (ghost_var_alloc 0%nat) as (gk) "[Hk Hk']". iMod (ghost_var_alloc 0%nat) as (gn) "[Hn Hn']".
    iMod (mapsto_persist with "Hi") as "#Hi". iMod (mapsto_persist with "Hp") as "#Hp". iMod (mapsto_persist with "Hq") as "#Hq".
    set (b := Buffer li lx lh lt lp lq gc gt gk gn gc gc []).
    set (c := Channel ll lc (λ b : bool, if b then ls else lr) b gl (λ b : bool, if b then gs else gr)).
    iAssert (parties c true []) with "[Hgs Hs]" as "Hs"; first (iSplit; [iPureIntro; constructor|by iFrame]).
    iAssert (parties c false []) with "[Hgr Hrl]" as "Hrl"; first (iSplit; [iPureIntro; constructor|by iFrame]).
    assert (shows false = idle) as Hsh by (rewrite /shows; lia).
    iMod (inv_alloc (N .@ "words") _ (words_inv c) with "[Hm Ht Hh Hc Hx Hcl Ht0 Hk Hn]") as "#Iw".
    { iNext. iExists false, false, false. rewrite /words Hsh. iFrame "Ht Hh Hm Hc". iSplit; first done. iExists 0%nat, Vacant.
      iFrame "Hk Hn Hx". iSplit; first done. iSplitL "Ht0"; by iExists _. }
    iMod (inv_alloc (N .@ "lock") _ (lock_inv gl ll (chan_inv c)) with "[-HΦ Hc']") as "#I".
    { iNext. iLeft. iFrame "Hl Hgl". iSplitL "Hk'"; first by iExists _. iExists false, false, [], []. rewrite /state /offer_inv. iFrame "Hm' Hn' Hs Hrl".
      iSplitL; last (iPureIntro; naive_solver).
      iExists false, false. rewrite /marks /words /= Hsh. by iFrame. }
    iApply ("HΦ" $! c). iModIntro. iFrame "Hc'". iSplit; first done. by iFrame "Hi Hp Hq Iw".
  Qed.
End rendezvous.
