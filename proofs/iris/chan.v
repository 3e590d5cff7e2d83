(* SPDX-License-Identifier: BSL-1.0 *)
(** A channel with a buffer: the program, and what is true under its lock.

    The program is that of sluice/detail/chan_core.hpp, chan_lines.hpp and chan_gate.hpp for a channel with a bound, and of
    waiter.hpp for a waiter with one node, which has no election: to find its node linked, under the lock, is to have claimed it.
    Written in another way: settle, which sleeps until a peer has finished with its slot, is the next attempt; a wait with a
    limit may end at any time, and a push or a pop goes round as often as it likes before it lines up. *)
From iris.algebra Require Import excl.
From iris.base_logic.lib Require Import invariants cancelable_invariants mono_nat ghost_var ghost_map saved_prop.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Export waiter.
From sluice Require Export chan_ring.

(** ** Program *)
Notation lock_of c := (Fst (Fst (Fst c))).
Notation nature_of c := (Snd (Fst (Fst c))).
Notation senders_of c := (Fst (Snd (Fst c))).
Notation receivers_of c := (Snd (Snd (Fst c))).
Notation ring_of c := (Snd c).

Definition new_chan : val := λ: "n" "lap",
  let: "ring" := chan_ring.new_ring "n" "lap" in let: "nature" := ref #0 in
  let: "senders" := new_list #() in let: "receivers" := new_list #() in let: "lock" := new_lock #() in
  ((("lock", "nature"), ("senders", "receivers")), "ring").

Definition is_closed : val := λ: "c", !(nature_of "c") = #1.         (*@ is_closed load#1 seq_cst *)
Definition mark_closed : val := λ: "c",
  nature_of "c" <- !(nature_of "c") + #1.                            (*@ mark_closed load#1 relaxed, mark_closed store#1 seq_cst *)
Definition is_empty : val := λ: "l", match: !(first_of "l") with NONE => #true | SOME "n" => #false end.
Definition take : val := λ: "l",
  match: !(first_of "l") with
    NONE => NONE
  | SOME "n" => (if: has_one_alone "l" "n" then unlink_alone "l" else unlink "l" "n");; SOME "n"
  end.

(* the answer and the element, and who is to be rung, and before that, by a push, is to be given the element *)
Definition push_or_claim : val := λ: "c" "v",
  if: is_closed "c" then ((#(code closed), #()), NONE) else
  match: take (receivers_of "c") with
    NONE => ((push (ring_of "c") "v", #()), NONE)
  | SOME "n" =>
      (if: is_empty (receivers_of "c") then let_pushes (ring_of "c") else #());;
      ((#(code moved), #()), SOME "n")
  end.
Definition hand_over : val := λ: "v" "n", element (!(fixed_of "n")) <- "v";; served_of "n" <- #true.
Definition pop_locked : val := λ: "c",
  if: is_empty (senders_of "c") then
    let: "a" := pop (ring_of "c") in
    if: Fst "a" = #(code barred)
    then (((if: is_closed "c" then #(code closed) else #(code none)), #()), NONE)
    else ("a", NONE)
  else if: ~ front_is_filled (ring_of "c") then ((#(code unfinished), #()), NONE) else
  match: take (senders_of "c") with
    NONE => ((#(code unfinished), #()), NONE)
  | SOME "n" =>
      let: "u" := exchange_front (ring_of "c") (!(element (!(fixed_of "n")))) in
      served_of "n" <- #true;;
      (if: is_empty (senders_of "c") then let_pops (ring_of "c") else #());;
      ((#(code moved), "u"), SOME "n")
  end.
Definition line_up_sender : val := λ: "c" "n",
  if: bar_pops_if_full (ring_of "c") then append (senders_of "c") "n";; #true else #false.
Definition line_up_receiver : val := λ: "c" "n",
  if: bar_pushes_if_empty (ring_of "c") then append (receivers_of "c") "n";; #true else #false.
Definition leave : val := λ: "l" "n", if: is_in_line "l" "n" then unlink "l" "n";; #true else #false.
Definition leave_senders : val := λ: "c" "n",
  if: leave (senders_of "c") "n"
  then (if: is_empty (senders_of "c") then let_pops (ring_of "c") else #());; #true else #false.
Definition leave_receivers : val := λ: "c" "n",
  if: leave (receivers_of "c") "n"
  then (if: is_empty (receivers_of "c") then let_pushes (ring_of "c") else #());; #true else #false.

(* attempts under the lock until it is decided; who was claimed is given what it gets without the lock *)
Definition until_decided : val := rec: "again" "c" "attempt" "otherwise" "give" :=
  lock (lock_of "c");;
  let: "x" := "attempt" #() in
  let: "decided" := if: Fst (Fst "x") = #(code none) then "otherwise" #() else #true in
  unlock (lock_of "c");;
  match: Snd "x" with NONE => #() | SOME "n" => "give" "n";; ring "n" end;;
  if: (Fst (Fst "x") = #(code unfinished)) || ~ "decided" then "again" "c" "attempt" "otherwise" "give" else Fst "x".
Definition wait_in_line : val := λ: "c" "w" "n" "leave",
  let: "woken" := wait "w" in
  let: "left" :=
    if: "woken" then #false else
    lock (lock_of "c");; let: "left" := "leave" #() in unlock (lock_of "c");; "left" in
  if: "left" then #(code quit) else
  (if: "woken" then #() else wait_for_ever "w");;
  if: !(served_of "n") then #(code moved) else #(code closed).

Definition try_push : val := λ: "c" "v",
  let: "a" := push (ring_of "c") "v" in
  if: ("a" = #(code moved)) || ("a" = #(code none)) then "a" else
  Fst (until_decided "c" (λ: <>, push_or_claim "c" "v") (λ: <>, #true) (λ: "n", hand_over "v" "n")).
Definition try_pop : val := λ: "c",
  let: "a" := pop (ring_of "c") in
  if: (Fst "a" = #(code moved)) || (Fst "a" = #(code none)) then "a" else
  until_decided "c" (λ: <>, pop_locked "c") (λ: <>, #true) (λ: "n", #()).

(* with a limit, or without: then it is never told that it quit *)
Definition push_waiting : val := λ: "c" "v",
  let: "w" := new_waiter #() in let: "e" := ref "v" in let: "n" := new_node "w" #0 "e" in
  let: "a" := Fst (until_decided "c" (λ: <>, push_or_claim "c" "v") (λ: <>, line_up_sender "c" "n") (λ: "n", hand_over "v" "n")) in
  let: "a" := if: "a" = #(code none) then wait_in_line "c" "w" "n" (λ: <>, leave_senders "c" "n") else "a" in
  end_node "n";; end_waiter "w";; Free "e";; "a".
Definition pop_waiting : val := λ: "c",
  let: "w" := new_waiter #() in let: "e" := ref #() in let: "n" := new_node "w" #0 "e" in
  let: "a" := until_decided "c" (λ: <>, pop_locked "c") (λ: <>, line_up_receiver "c" "n") (λ: "n", #()) in
  let: "a" :=
    if: Fst "a" = #(code none) then
      let: "why" := wait_in_line "c" "w" "n" (λ: <>, leave_receivers "c" "n") in
      ("why", if: "why" = #(code moved) then !"e" else #())
    else "a" in
  end_node "n";; end_waiter "w";; Free "e";; "a".
Definition push_wait : val := rec: "again" "c" "v" :=
  if: push (ring_of "c") "v" = #(code moved) then #(code moved) else
  if: nondet_bool #() then "again" "c" "v" else push_waiting "c" "v".
Definition pop_wait : val := rec: "again" "c" :=
  let: "a" := pop (ring_of "c") in
  if: Fst "a" = #(code moved) then "a" else
  if: nondet_bool #() then "again" "c" else pop_waiting "c".

Definition take_all : val := rec: "go" "l" :=
  match: take "l" with NONE => NONE | SOME "n" => SOME ("n", "go" "l") end.
Definition ring_all : val := rec: "go" "ns" :=
  match: "ns" with NONE => #() | SOME "p" => ring (Fst "p");; "go" (Snd "p") end.
(* false if it was closed before *)
Definition close : val := λ: "c",
  lock (lock_of "c");;
  if: is_closed "c" then unlock (lock_of "c");; #false else
  bar_pushes (ring_of "c");;
  mark_closed "c";;
  let: "receivers" := take_all (receivers_of "c") in
  let: "senders" :=
    if: is_empty (senders_of "c") then NONE else let_pops (ring_of "c");; take_all (senders_of "c") in
  unlock (lock_of "c");; ring_all "receivers";; ring_all "senders";; #true.

(*@ of primitives/sluice/chan.hpp primitives/sluice/detail/chan_gate.hpp
    without buffer_decides: a guess, before an attempt that may be in vain
    without expects_offer: of a channel without a buffer
    path push.closed: is_closed load#1
    path push.hands_over: is_closed load#1
    path push.in_line: is_closed load#1
    path pop.closed: is_closed load#1
    path close: is_closed load#1, mark_closed load#1, mark_closed store#1 *)

(** ** Ghost state *)
(** who is in line: its waiter, its element, and its ghosts *)
Record party := Party { p_waiter : loc; p_element : loc; γw : gname; γstage : gname; γowner : gname }.
Class chanG Σ := ChanG {
  chan_ring :> chan_ringG Σ;
  chan_lock :> lockG Σ;
  chan_cinv :> cinvG Σ;
  chan_nodes :> ghost_mapG Σ loc party;
  chan_stage :> ghost_varG Σ nat;
  chan_sitting :> ghost_varG Σ gname;
  chan_wanted :> savedPredG Σ val }.
Definition chanΣ : gFunctors :=
  #[chan_ringΣ; lockΣ; cinvΣ; ghost_mapΣ loc party; ghost_varΣ nat; ghost_varΣ gname; savedPredΣ val].
Global Instance subG_chanΣ {Σ} : subG chanΣ Σ → chanG Σ. Proof. solve_inG. Qed.

(** a channel: its places in memory, and its ghosts; true is the side of pushes *)
Record channel := Channel {
  c_lock : loc; c_nature : loc; c_line : bool → loc; c_ring : buffer; γl : gname; γn : bool → gname }.
Definition channel_value (c : channel) (ring : val) : val :=
  (((#(c_lock c), #(c_nature c)), (#(c_line c true), #(c_line c false))), ring).

Section chan.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace) (n : nat) (lap : Z).
  Implicit Types (c : channel) (a : loc) (xs vs : list val) (m side ok waits : bool) (P : party) (L : list (loc * party)).
  Notation E := (⊤ ∖ ↑N).
  Definition chan_value c : val := channel_value c (ring_value n lap (c_ring c)).

  (** the abstract state: a FIFO, and whether it is closed *)
  Notation content c := (content (c_ring c)).

  (** ** What an operation does to it, and what it may answer; one that waits is not told "none", but may quit. For n = 0, which is
      chan_rendezvous.v's, there is room for what is handed over, in that step alone. *)
  Definition pushed (x : answer) (v : val) vs := if x is moved then vs ++ [v] else vs.
  Definition push_answer waits vs m (x : answer) : Prop :=
    match x with
    | moved => m = false ∧ (length vs < n `max` 1)%nat
    | none => waits = false ∧ m = false ∧ length vs = n
    | closed => m = true
    | quit => waits = true
    | unfinished | barred => False
    end.
  Definition push_update c waits v (Φ : val → iProp Σ) : iProp Σ :=
    atomic_update (TA:=[tele (vs : list val) (m : bool)]) (TB:=[tele (x : answer)]) E ∅
      (tele_app (λ vs m, content c vs m))
      (tele_app (λ vs m, tele_app (λ x, content c (pushed x v vs) m ∗ ⌜push_answer waits vs m x⌝)))%I
      (tele_app (λ vs m, tele_app (λ x, Φ #(code x)))).
  Inductive popped := Got (v : val) | Not (x : answer).
  Definition popped_value (x : popped) : val := match x with Got v => (#(code moved), v) | Not x => (#(code x), #()) end.
  Definition pop_answer c waits vs m (x : popped) : iProp Σ :=
    match x with
    | Got v => ∃ rest, ⌜vs = v :: rest⌝ ∗ content c rest m
    | Not none => content c vs m ∗ ⌜waits = false ∧ vs = [] ∧ m = false⌝
    | Not closed => content c vs m ∗ ⌜vs = [] ∧ m = true⌝
    | Not quit => content c vs m ∗ ⌜waits = true⌝
    | Not _ => False
    end.
  Definition pop_update c waits (Φ : val → iProp Σ) : iProp Σ :=
    atomic_update (TA:=[tele (vs : list val) (m : bool)]) (TB:=[tele (x : popped)]) E ∅
      (tele_app (λ vs m, content c vs m))
      (tele_app (λ vs m, tele_app (λ x, pop_answer c waits vs m x)))%I
      (tele_app (λ vs m, tele_app (λ x, Φ (popped_value x)))).

  (** ** Who waits in line *)
  (** what it wants, and what it gets: true once it was served, false where it was refused *)
  Definition wants c side e (Φ : val → iProp Σ) : iProp Σ :=
    ∃ v, e ↦ v ∗ if side then push_update c true v Φ else pop_update c true Φ.
  Definition gets side e (Φ : val → iProp Σ) ok : iProp Σ :=
    ∃ v, e ↦ v ∗ Φ (if side then #(code (if ok then moved else closed)) else popped_value (if ok then Got v else Not closed)).
  Definition stage P q (s : nat) : iProp Σ := ghost_var (γstage P) q s.
  Definition owns P : iProp Σ := ghost_var (γowner P) 1 0%nat.
  Definition result side a P Φ : iProp Σ :=
    cinv_own (γw P) (1/2) ∗ alone a ∗ (∃ f, (a +ₗ 0) ↦ f) ∗ ∃ ok : bool, (a +ₗ 3) ↦ #ok ∗ gets side (p_element P) Φ ok.
  Definition waiter_inv c side a P Φ : iProp Σ :=
    ∃ b : Z, (p_waiter P +ₗ 1) ↦ #b ∗
    ( (* in line *)
      (⌜b ≠ rung⌝ ∗ stage P (1/2) 0 ∗ a ↪[γn c side] P ∗ wants c side (p_element P) Φ) ∨
      (* claimed, and who looks, under the lock, finds it in no line *)
      (⌜b ≠ rung⌝ ∗ stage P (1/2) 1 ∗ (a +ₗ 2) ↦ NONEV) ∨
      (* rung *)
      (⌜b = rung⌝ ∗ stage P 1 2 ∗ result side a P Φ) ∨
      (* over *)
      (stage P 1 2 ∗ owns P)).
  Definition is_waiter c side a P Φ : iProp Σ := cinv (N .@ "waiter") (γw P) (waiter_inv c side a P Φ).

  (** a node in line; when it was claimed; and when there is nothing left to do but to ring *)
  Definition fixed P : val := ((#(p_waiter P), #0), #(p_element P)).
  Definition place c side (y : loc * party) : iProp Σ :=
    ∃ Φ, is_waiter c side y.1 y.2 Φ ∗ cinv_own (γw y.2) (1/2) ∗ stage y.2 (1/2) 0 ∗
      (y.1 +ₗ 0) ↦ fixed y.2 ∗ (y.1 +ₗ 3) ↦ #false.
  Definition claimed c side a P Φ : iProp Σ :=
    is_waiter c side a P Φ ∗ cinv_own (γw P) (1/2) ∗ stage P (1/2) 1 ∗ (∃ v, (a +ₗ 1) ↦ v) ∗
      (a +ₗ 0) ↦ fixed P.
  Definition to_give c (v : val) a : iProp Σ :=
    ∃ P Φ v', claimed c false a P Φ ∗ (a +ₗ 3) ↦ #false ∗ p_element P ↦ v' ∗ Φ (popped_value (Got v)).
  Definition to_ring c a : iProp Σ :=
    ∃ side P Φ (ok : bool), claimed c side a P Φ ∗ (a +ₗ 3) ↦ #ok ∗ gets side (p_element P) Φ ok.
  Definition parties c side L : iProp Σ :=
    ⌜NoDup L.*1⌝ ∗ ghost_map_auth (γn c side) 1 (list_to_map L : gmap loc party) ∗ line (c_line c side) L.*1 ∗
    [∗ list] y ∈ L, place c side y.

  (** ** Under the lock *)
  (** pops in line: pushes are barred and the ring is empty; closed: pushes are barred *)
  Definition push_bar c m (Lr : list (loc * party)) : iProp Σ :=
    ∃ s, pushes_barred (c_ring c) (s, m) ∗ ⌜s = None ↔ Lr = [] ∧ m = false⌝ ∗
      (⌜Lr = []⌝ ∨ ∃ t, ⌜s = Some t⌝ ∗ emptied (c_ring c) t).
  (** pushes in line: pops are barred and the ring is full *)
  Definition pop_bar c (Ls : list (loc * party)) : iProp Σ :=
    if Ls is [] then pops_barred (c_ring c) (None, false)
    else ∃ h, pops_barred (c_ring c) (Some h, false) ∗ filled_up n (c_ring c) h.
  Definition state c m Ls Lr : iProp Σ :=
    c_nature c ↦ #(Z.b2z m) ∗ parties c true Ls ∗ parties c false Lr ∗ push_bar c m Lr ∗ pop_bar c Ls ∗
    ⌜(m = true → Ls = [] ∧ Lr = []) ∧ (Ls = [] ∨ Lr = [])⌝.
  Definition chan_inv c : iProp Σ := ∃ m Ls Lr, state c m Ls Lr.
  Lemma state_intro c m Ls Lr :
    (m = true → Ls = [] ∧ Lr = []) → Ls = [] ∨ Lr = [] →
    c_nature c ↦ #(Z.b2z m) -∗ parties c true Ls -∗ parties c false Lr -∗ push_bar c m Lr -∗ pop_bar c Ls -∗ state c m Ls Lr.
  Proof. iIntros (HP1 HP2) "$ $ $ $ $". done. Qed.
  Lemma chan_inv_intro c m Ls Lr :
    (m = true → Ls = [] ∧ Lr = []) → Ls = [] ∨ Lr = [] →
    c_nature c ↦ #(Z.b2z m) -∗ parties c true Ls -∗ parties c false Lr -∗ push_bar c m Lr -∗ pop_bar c Ls -∗ chan_inv c.
  Proof. iIntros (HP1 HP2) "H1 H2 H3 H4 H5". iExists m, Ls, Lr. by iApply (state_intro with "H1 H2 H3 H4 H5"). Qed.
  Lemma push_bar_intro c s m Lr :
    (s = None ↔ Lr = [] ∧ m = false) → pushes_barred (c_ring c) (s, m) -∗
    (⌜Lr = []⌝ ∨ ∃ t, ⌜s = Some t⌝ ∗ emptied (c_ring c) t) -∗ push_bar c m Lr.
  Proof. iIntros (Hs) "Hp He". iExists s. iFrame "Hp He". done. Qed.
  Definition is_chan c : iProp Σ :=
    is_lock (N .@ "lock") (γl c) (c_lock c) (chan_inv c) ∗ is_ring (N .@ "ring") n lap (c_ring c).
  Global Instance is_chan_persistent c : Persistent (is_chan c). Proof. apply _. Qed.

  Theorem new_chan_spec :
    (0 < n)%nat → (lap `mod` 2 = 0)%Z → (2 * n ≤ lap)%Z → (4 ≤ lap)%Z →
    {{{ True }}} new_chan #n #lap {{{ c, RET (chan_value c); is_chan c ∗ content c [] false }}}.
  Proof.
    iIntros (Hn He Hl H4 Φ) "_ HΦ". rewrite /new_chan. wp_pures. wp_apply (chan_ring.new_ring_spec (N .@ "ring")); [done..|].
    iIntros (r) "(#Hr & Hc & Hp & Hq)". wp_pures. wp_alloc lc as "Hm". wp_pures.
    wp_apply new_list_spec; first done. iIntros (ls) "[Hs _]". wp_pures. wp_apply new_list_spec; first done. iIntros (lr) "[Hrl _]".
    wp_pures. wp_lam. wp_alloc ll as "Hl". wp_pures. iMod (own_alloc (Excl ())) as (gl) "Hgl"; first done.
    iMod (ghost_map_alloc (∅ : gmap loc party)) as (gs) "[Hgs _]". iMod (ghost_map_alloc (∅ : gmap loc party)) as (gr) "[Hgr _]".
    set (c := Channel ll lc (λ b : bool, if b then ls else lr) r gl (λ b : bool, if b then gs else gr)).
    iAssert (parties c true []) with "[Hgs Hs]" as "Hs"; first (iSplit; [iPureIntro; constructor|by iFrame]).
    iAssert (parties c false []) with "[Hgr Hrl]" as "Hrl"; first (iSplit; [iPureIntro; constructor|by iFrame]).
    iMod (inv_alloc (N .@ "lock") _ (lock_inv gl ll (chan_inv c)) with "[-HΦ Hc]") as "#I".
    { iNext. iLeft. iFrame "Hl Hgl". iExists false, [], []. iFrame "Hm Hq Hs Hrl". iSplitL "Hp"; last (iPureIntro; naive_solver).
      iExists None. iFrame "Hp". iSplit; first done. by iLeft. }
    iApply ("HΦ" $! c). iModIntro. iFrame "Hc". by iSplit.
  Qed.

  (** ** Claims, and the ring of the bell *)
  Lemma line_empty L c side :
    {{{ parties c side L }}} is_empty #(c_line c side) {{{ RET #(bool_decide (L = [])); parties c side L }}}.
  Proof.
    iIntros (Φ) "(Hd & Hg & (H0 & H1) & HL) HΦ". wp_lam. wp_pures. wp_load. destruct L as [|y L]; wp_pures; iApply "HΦ"; by iFrame.
  Qed.

  Lemma take_spec c side L :
    {{{ parties c side L }}} take #(c_line c side)
    {{{ r, RET (ptr r); match r with
        | None => ⌜L = []⌝ ∗ parties c side []
        | Some a => ∃ P L' Φ', ⌜L = (a, P) :: L'⌝ ∗ parties c side L' ∗ claimed c side a P Φ' ∗ (a +ₗ 3) ↦ #false ∗
            wants c side (p_element P) Φ'
        end }}}.
  Proof.
    iIntros (Φ) "(%Hd & Hg & Hl & HL) HΦ". wp_lam. wp_pures. iDestruct "Hl" as "(H0 & H1 & Hs)". wp_load.
    destruct L as [|[a P] L]; wp_pures.
    { iApply ("HΦ" $! None). iModIntro. iSplit; first done. by iFrame. }
    assert (a ∉ L.*1) as Ha by by inversion Hd.
    wp_apply (has_one_alone_spec _ a L.*1 with "[$H0 $H1 $Hs]"); first done. iIntros "Hl". wp_bind (If _ _ _).
    iApply (wp_wand _ _ _ (λ _, line (c_line c side) L.*1 ∗ alone a)%I with "[Hl]").
    { case_bool_decide as HL; wp_pures.
      - rewrite HL. wp_apply (unlink_alone_spec with "Hl"). iIntros "H". iExact "H".
      - wp_apply (unlink_spec _ [] a L.*1 with "Hl"). iIntros "H". iExact "H". }
    iIntros (?) "[Hl Ha]". iDestruct "Ha" as (v1) "[Ha1 Ha2]".
    iDestruct "HL" as "[Hy HL]". iDestruct "Hy" as (Φ') "(#I & Hq & Hst & Hf & Hsv)". inversion_clear Hd. iApply fupd_wp.
    iInv "I" as "[H Hq]" "Hclose". iDestruct "H" as (b) "[>Hb [H|[(_ & >Hst' & _)|[(_ & >Hst' & _)|(>Hst' & _)]]]]"; last first.
    1, 2: iDestruct (ghost_var_valid_2 with "Hst' Hst") as %[Hv _]; by destruct (Qp.not_add_le_l 1 (1/2)).
    { by iDestruct (ghost_var_agree with "Hst Hst'") as %?. }
    iDestruct "H" as "(>%Hb & >Hst' & >Hn & Hw)".
    iMod (ghost_var_update_halves 1%nat with "Hst Hst'") as "[Hst Hst']".
    iMod (ghost_map_delete with "Hg Hn") as "Hg". rewrite list_to_map_cons delete_insert; last by apply not_elem_of_list_to_map.
    iMod ("Hclose" with "[Hb Hst' Ha2]") as "_".
    { iNext. iExists b. iFrame "Hb". iRight. iLeft. by iFrame. }
    iModIntro. wp_pures. iApply ("HΦ" $! (Some a)). iModIntro. iExists P, L, Φ'. iFrame "Hw Hsv". iSplit; first done.
    iSplitL "Hg Hl HL"; first by iFrame. iFrame "I Hq Hst Hf". iExists v1. iFrame.
  Qed.

  Lemma ring_spec c a : {{{ to_ring c a }}} ring #a {{{ RET #(); True }}}.
  Proof.
    iIntros (Φ) "H HΦ". iDestruct "H" as (side P Ψ ok) "((#I & Hq & Hst & Hn & Hf) & Hsv & Hgets)".
    iDestruct "Hn" as (v1) "Hn1". wp_lam. wp_load. wp_pures. wp_bind (Xchg _ _). iInv "I" as "[H Hq]" "Hclose".
    iDestruct "H" as (b) "[>Hb [(_ & >Hst' & _)|[H|[(_ & >Hst' & _)|(>Hst' & _)]]]]".
    1: by iDestruct (ghost_var_agree with "Hst Hst'") as %?.
    2, 3: iDestruct (ghost_var_valid_2 with "Hst' Hst") as %[Hv _]; by destruct (Qp.not_add_le_l 1 (1/2)).
    iDestruct "H" as "(_ & >Hst' & >Hn2)". wp_xchg. iCombine "Hst Hst'" as "Hst". iMod (ghost_var_update 2%nat with "Hst") as "Hst".
    iMod ("Hclose" with "[-HΦ]") as "_"; last (iModIntro; wp_pures; by iApply "HΦ").
    iNext. iExists rung. iFrame "Hb". iRight. iRight. iLeft. iFrame "Hst". iSplit; first done. iFrame "Hq".
    iSplitL "Hn1 Hn2"; first (iExists v1; iFrame). iSplitL "Hf"; first by iExists _. iExists ok. iFrame.
  Qed.
  Lemma hand_over_spec c v a : {{{ to_give c v a }}} hand_over v #a {{{ RET #(); to_ring c a }}}.
  Proof.
    iIntros (Φ) "H HΦ". iDestruct "H" as (P Ψ v') "((#I & Hq & Hst & Hn & Hf) & Hsv & Hv & HΨ)". wp_lam. wp_pures.
    wp_load. wp_pures. wp_store. wp_pures. wp_store. iApply "HΦ". iModIntro. iExists false, P, Ψ, true. iFrame "I Hq Hst Hn Hf Hsv".
    iExists v. iFrame.
  Qed.
  Definition of_claimed (Q : loc → iProp Σ) (s : option loc) : iProp Σ := if s is Some a then Q a else True.
  Definition rings c := of_claimed (to_ring c).
  Definition gives c v := of_claimed (to_give c v).
End chan.
