(* SPDX-License-Identifier: BSL-1.0 *)
(** select: exactly one case fires, or none and then nothing was done; a push and the pop that meets it exchange one element.

    For any number of selects and channels, of any number of cases each, in any order, on channels without a buffer. The program
    is the step of sluice/detail/select_core.hpp that takes the locks (register_all, conclude), with the steps of chan_lines.hpp
    that it takes, for a channel without a buffer, and chan_lines' close. Which channels a select locks, and in which order, is
    given to it: sorting is not here, and that locks are taken in the same order by all matters for progress alone.
    Not here: the attempts before, one channel at a time and without lining up; buffers; what a look at two words tells; a plain pop that
    sits, which a push claims by one compare-exchange, before it looks at the line (chan_seat.v).
    The line of those whom a close has refused is a list of values. *)
From iris.base_logic.lib Require Import invariants cancelable_invariants ghost_var ghost_map.
From iris.heap_lang Require Import proofmode notation.
From sluice Require Import waiter.

(** ** Program *)
Notation lock_of c := (Fst (Fst c)).
Notation closed_of c := (Snd (Fst c)).
Notation senders_of c := (Fst (Snd c)).
Notation receivers_of c := (Snd (Snd c)).
(* a case: its channel, whether it pushes, and where its element is *)
Notation channel_of k := (Fst (Fst k)).
Notation is_push k := (Snd (Fst k)).
Notation element_of k := (Snd k).
Notation line_of k := (if: is_push k then senders_of (channel_of k) else receivers_of (channel_of k))%E.

Definition new_chan : val := λ: <>,
  let: "closed" := ref #false in let: "senders" := new_list #() in let: "receivers" := new_list #() in
  let: "lock" := new_lock #() in (("lock", "closed"), ("senders", "receivers")).

(* who is to be rung, and whether the element was moved; or none, where the case is not ready *)
Definition push_locked : val := λ: "c" "e" "self",
  if: !(closed_of "c") then SOME (#false, NONE) else
  match: take (receivers_of "c") "self" with
    NONE => NONE
  | SOME "n" => element (!(fixed_of "n")) <- !"e";; served_of "n" <- #true;; SOME (#true, SOME "n")
  end.
Definition pop_locked : val := λ: "c" "e" "self",
  match: take (senders_of "c") "self" with
    NONE => if: !(closed_of "c") then SOME (#false, NONE) else NONE
  | SOME "n" => "e" <- !(element (!(fixed_of "n")));; served_of "n" <- #true;; SOME (#true, SOME "n")
  end.
Definition line_up : val := λ: "k" "w" "i",
  let: "n" := new_node "w" "i" (element_of "k") in append (line_of "k") "n";; "n".
Definition leave : val := λ: "k" "n", let: "l" := line_of "k" in if: is_in_line "l" "n" then unlink "l" "n" else #().

Definition lock_all : val := rec: "go" "cs" := match: "cs" with NONE => #() | SOME "p" => lock (lock_of (Fst "p"));; "go" (Snd "p") end.
Definition unlock_all : val := rec: "go" "cs" := match: "cs" with NONE => #() | SOME "p" => unlock (lock_of (Fst "p"));; "go" (Snd "p") end.

(* the case that fired, if any, and the nodes of those before it *)
Definition try_or_line_up : val := rec: "go" "w" "i" "ks" :=
  match: "ks" with
    NONE => (NONE, NONE)
  | SOME "p" =>
      let: "k" := Fst "p" in
      match: (if: is_push "k" then push_locked else pop_locked) (channel_of "k") (element_of "k") "w" with
        SOME "r" => (SOME ("i", "r"), NONE)
      | NONE =>
          let: "n" := line_up "k" "w" "i" in
          let: "x" := "go" "w" ("i" + #1) (Snd "p") in
          (Fst "x", SOME (("k", "n"), Snd "x"))
      end
  end.
Definition leave_locked : val := rec: "go" "ns" :=
  match: "ns" with
    NONE => #()
  | SOME "p" => let: "x" := Fst "p" in leave (Fst "x") (Snd "x");; end_node (Snd "x");; "go" (Snd "p")
  end.
(* all but the one that was served, which whoever claimed it has unlinked *)
Definition leave_others : val := rec: "go" "i" "ns" :=
  match: "ns" with
    NONE => #()
  | SOME "p" =>
      let: "x" := Fst "p" in
      (if: "i" = #0 then #() else
       lock (lock_of (channel_of (Fst "x")));; leave (Fst "x") (Snd "x");; unlock (lock_of (channel_of (Fst "x"))));;
      end_node (Snd "x");; "go" ("i" - #1) (Snd "p")
  end.
Definition accept : val := rec: "go" "i" "ns" :=
  match: "ns" with
    NONE => #false
  | SOME "p" => if: "i" = #0 then !(served_of (Snd (Fst "p"))) else "go" ("i" - #1) (Snd "p")
  end.

Definition conclude : val := λ: "w" "ns",
  let: "i" := winner "w" in
  let: "ok" := accept "i" "ns" in
  leave_others "i" "ns";; end_waiter "w";; SOME ("i", "ok").

Definition select : val := λ: "cs" "ks",
  let: "w" := new_waiter #() in
  lock_all "cs";;
  let: "x" := try_or_line_up "w" #0 "ks" in
  match: Fst "x" with
    SOME "f" =>
      leave_locked (Snd "x");; unlock_all "cs";;
      match: Snd (Snd "f") with NONE => #() | SOME "n" => ring "n" end;;
      end_waiter "w";; SOME (Fst "f", Fst (Snd "f"))
  | NONE =>
      unlock_all "cs";;
      let: "woken" := wait "w" in
      if: (if: "woken" then #false else elect "w" #gave_up)
      then leave_others #gave_up (Snd "x");; end_waiter "w";; NONE
      else
        (if: "woken" then #() else wait_for_ever "w");;
        conclude "w" (Snd "x")
  end.

Definition take_all : val := rec: "go" "l" :=
  match: take "l" #() with NONE => NONE | SOME "n" => SOME ("n", "go" "l") end.
Definition ring_all : val := rec: "go" "ns" :=
  match: "ns" with NONE => #() | SOME "p" => ring (Fst "p");; "go" (Snd "p") end.
Definition close : val := λ: "c",
  lock (lock_of "c");;
  if: !(closed_of "c") then unlock (lock_of "c");; #false else
  closed_of "c" <- #true;;
  let: "receivers" := take_all (receivers_of "c") in
  let: "senders" := take_all (senders_of "c") in
  unlock (lock_of "c");; ring_all "receivers";; ring_all "senders";; #true.

Section select.
  Context `{!heapGS Σ, !waitG Σ} (N : namespace).
  Implicit Types (c : chan) (n w : loc) (i : nat) (m : bool) (L P : list lined) (W : waiter (Σ := Σ)) (κ : case (Σ := Σ)).
  Notation parties := (parties N). Notation place := (place N). Notation claimed := (claimed N).
  Notation to_ring := (to_ring N). Notation is_waiter := (is_waiter N). Notation offer := (offer N). Notation commit := (commit N).
  Notation E := (⊤ ∖ ↑N).

  (** ** A channel under its lock: nothing is ever inside, and nobody who pushes is in line once it is closed *)
  Definition sides c m : iProp Σ :=
    ∃ Ls Ps Lr Pr, parties c true Ls Ps ∗ parties c false Lr Pr ∗ ⌜m = true → Ls = []⌝.
  Definition state c m : iProp Σ := c_closed c ↦ #m ∗ content c [] m ∗ sides c m.
  Definition chan_inv c : iProp Σ := ∃ m, state c m.
  (** to the lock belongs the right to say whose it is *)
  Definition guarded c : iProp Σ := (∃ o, ghost_var (γh c) 1 (o : option loc)) ∗ chan_inv c.
  Definition is_chan c : iProp Σ := is_lock (N .@ "lock") (γl c) (c_lock c) (guarded c).
  Definition case_value κ : val := ((chan_value (on κ), #(pushes κ)), #(place_of κ)).
  (** a node's memory *)
  Definition frame n : iProp Σ := alone n ∗ ∃ f s, (n +ₗ 0) ↦ f ∗ (n +ₗ 3) ↦ s.

  Lemma side_acc c m b :
    sides c m -∗ ∃ L P, parties c b L P ∗ ⌜m = true → b = true → L = []⌝ ∗
      ∀ L' P', ⌜m = true → L = [] → L' = []⌝ -∗ parties c b L' P' -∗ sides c m.
  Proof.
    iDestruct 1 as (Ls Ps Lr Pr) "(Hs & Hr & %Hm)". destruct b.
    - iExists Ls, Ps. iFrame "Hs". iSplit; first (iPureIntro; naive_solver). iIntros (L' P' H) "Hs".
      iExists L', P', Lr, Pr. iFrame. iPureIntro. naive_solver.
    - iExists Lr, Pr. iFrame "Hr". iSplit; first done. iIntros (L' P' H) "Hr". iExists Ls, Ps, L', P'. by iFrame.
  Qed.

  (** the element goes from the push to the pop, and is never seen inside *)
  Lemma exchange κ κ' c :
    on κ = c → on κ' = c → pushes κ = true → pushes κ' = false →
    content c [] false -∗ commit κ -∗ commit κ' ={⊤}=∗ content c [] false ∗ fires κ #() ∗ fires κ' (given κ).
  Proof.
    iIntros (<- Hc Hp Hp') "Hc H H'". rewrite /commit Hp Hp' Hc. iApply (fupd_mask_mono E); first set_solver.
    iDestruct "H" as "[H _]". iMod ("H" with "Hc") as "[Hc $]".
    iDestruct "H'" as "[H' _]". by iMod ("H'" with "Hc") as "[$ $]".
  Qed.
  Lemma refuse κ c : on κ = c → content c [] true -∗ commit κ ={⊤}=∗ content c [] true ∗ refused κ.
  Proof.
    iIntros (<-) "Hc H". iApply (fupd_mask_mono E); first set_solver.
    rewrite /commit. destruct (pushes κ); iDestruct "H" as "[_ H]"; by iMod ("H" with "Hc") as "[$ $]".
  Qed.
  Lemma offer_commit κs i κ : κs !! i = Some κ → offer κs -∗ commit κ.
  Proof. iIntros (Hi) "Ho". by iApply "Ho". Qed.

  (** what an attempt at a case leaves behind *)
  Definition attempted κs κ (r : val) : iProp Σ :=
    (⌜r = NONEV⌝ ∗ state (on κ) false ∗ holds κ ∗ offer κs) ∨
    (∃ (ok : bool) (s : option loc), ⌜r = SOMEV (#ok, ptr s)⌝ ∗ chan_inv (on κ) ∗ outcome κ ok ∗
      if s is Some n then to_ring n else True).

  Lemma push_locked_spec κs i κ o :
    κs !! i = Some κ → pushes κ = true →
    {{{ holder (on κ) o ∗ chan_inv (on κ) ∗ holds κ ∗ offer κs }}}
      push_locked (chan_value (on κ)) #(place_of κ) (who o)
    {{{ r, RET r; holder (on κ) o ∗ attempted κs κ r }}}.
  Proof.
    iIntros (Hi Hp Φ) "(Hh & Hc & He & Ho) HΦ". iDestruct "Hc" as (m) "(Hm & Hc & Hs)". rewrite /push_locked /chan_value.
    wp_pures. wp_load. rewrite {1}/holds Hp. destruct m; wp_pures.
    { iDestruct (offer_commit with "Ho") as "Hk"; first done. iMod (refuse with "Hc Hk") as "[Hc Hf]"; first done.
      iModIntro. iApply "HΦ". iFrame "Hh". iRight. iExists false, None. iSplit; first done.
      iSplitL "Hm Hc Hs"; first (iExists true; by iFrame). iSplitL; last done. iExists _. iFrame. }
    iDestruct (side_acc _ _ false with "Hs") as (L P) "(Hps & _ & Hs)".
    wp_apply (take_spec with "[$Hh $Hps]"). iIntros ([n|] L' P') "(Hh & Hps & _ & Hr)"; wp_pures;
      (iDestruct ("Hs" with "[] Hps") as "Hs"; first done); last first.
    { iApply "HΦ". iModIntro. iFrame "Hh". iLeft. iSplit; first done. rewrite /holds Hp. iFrame. }
    iDestruct "Hr" as (W ns j κ' q (Hj & Hc' & Hp' & Hx)) "(#I & Hq & Ht & Hk' & He' & Ha & Hf & Hsv)".
    rewrite /holds Hp'. iDestruct "He'" as (v) "He'". wp_load. wp_load. wp_store. wp_store. wp_pures.
    iDestruct (offer_commit with "Ho") as "Hk"; first done.
    iMod (exchange κ κ' (on κ) with "Hc Hk Hk'") as "(Hc & Hf1 & Hf2)"; [done..|]. iModIntro. iApply "HΦ". iFrame "Hh". iRight.
    iExists true, (Some n). iSplit; first done. iSplitL "Hm Hc Hs"; first (iExists false; by iFrame).
    iSplitL "He Hf1"; first (iExists _; rewrite Hp; by iFrame).
    iExists W, ns, j, κ', q, true. iFrame "∗ I". iSplit; first done. iExists _. rewrite Hp'. by iFrame.
  Qed.

  Lemma pop_locked_spec κs i κ o :
    κs !! i = Some κ → pushes κ = false →
    {{{ holder (on κ) o ∗ chan_inv (on κ) ∗ holds κ ∗ offer κs }}}
      pop_locked (chan_value (on κ)) #(place_of κ) (who o)
    {{{ r, RET r; holder (on κ) o ∗ attempted κs κ r }}}.
  Proof.
    iIntros (Hi Hp Φ) "(Hh & Hc & He & Ho) HΦ". iDestruct "Hc" as (m) "(Hm & Hc & Hs)". rewrite /pop_locked /chan_value.
    wp_pures. iDestruct (side_acc _ _ true with "Hs") as (L P) "(Hps & %Hm & Hs)".
    wp_apply (take_spec with "[$Hh $Hps]"). iIntros ([n|] L' P') "(Hh & Hps & %HL & Hr)"; wp_pures;
      (iDestruct ("Hs" with "[] Hps") as "Hs"; first (iPureIntro; naive_solver)); last first.
    { wp_load. destruct m; wp_pures.
      - iDestruct (offer_commit with "Ho") as "Hk"; first done. iMod (refuse with "Hc Hk") as "[Hc Hf]"; first done.
        iModIntro. iApply "HΦ". iFrame "Hh". iRight. iExists false, None. iSplit; first done.
        iSplitL "Hm Hc Hs"; first (iExists true; by iFrame). iSplitL; last done.
        rewrite /holds Hp. iDestruct "He" as (v) "He". iExists v. iFrame.
      - iApply "HΦ". iModIntro. iFrame "Hh". iLeft. iSplit; first done. iFrame. }
    destruct m; first by destruct (HL (Hm eq_refl eq_refl)).
    iDestruct "Hr" as (W ns j κ' q (Hj & Hc' & Hp' & Hx)) "(#I & Hq & Ht & Hk' & He' & Ha & Hf & Hsv)".
    rewrite /holds Hp Hp'. iDestruct "He" as (v) "He". wp_load. wp_load. wp_store. wp_store. wp_pures.
    iDestruct (offer_commit with "Ho") as "Hk"; first done.
    iMod (exchange κ' κ (on κ) with "Hc Hk' Hk") as "(Hc & Hf1 & Hf2)"; [done..|]. iModIntro. iApply "HΦ". iFrame "Hh". iRight.
    iExists true, (Some n). iSplit; first done. iSplitL "Hm Hc Hs"; first (iExists false; by iFrame).
    iSplitL "He Hf2"; first (iExists _; rewrite Hp; by iFrame).
    iExists W, ns, j, κ', q, true. iFrame "∗ I". iSplit; first done. iExists _. rewrite Hp'. by iFrame.
  Qed.
End select.
