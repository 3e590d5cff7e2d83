(* SPDX-License-Identifier: BSL-1.0 *)
(** The seat of a channel without a buffer: the program, and what there is in each of its states.

    The program is sluice/detail/chan_seat.hpp; behind the word lies the place for the element, which is chan_place's. A wait returns at
    once, which it may, and a wake-up does nothing; so nothing is said of whether a sleeper wakes. A wait with a limit may end at any
    time. How often who sits looks before it sleeps is left open. *)
From iris.base_logic.lib Require Import ghost_var saved_prop.
From iris.program_logic Require Import atomic.
From iris.heap_lang Require Import proofmode notation.
From iris.heap_lang.lib Require Import nondet_bool.
From sluice Require Import chan.

(** ** Program *)
Notation word_of t := (t +ₗ #0)%E.
Notation cell_of t := (t +ₗ #1)%E.
(* vacant is 0; and asleep, beside the first three, 1 *)
Notation is_open := 2%Z. Notation is_claimed := 4%Z. Notation is_offered := 6%Z. Notation is_served := 8%Z. Notation is_refused := 10%Z.

Definition new_seat : val := λ: <>, AllocN #2 #vacant.
(* under the lock *)
Definition is_vacant : val := λ: "t", !(word_of "t") = #vacant.      (*@ is_vacant load#1 acquire *)
Definition sit : val := λ: "t", word_of "t" <- #is_open.             (*@ sit store#1 release *)
Definition offer_seat : val := λ: "t", word_of "t" <- #is_offered.    (*@ offer store#1 relaxed *)
Definition has_offer : val := λ: "t",
  let: "w" := !(word_of "t") in                                      (*@ is_offered load#1 relaxed *)
  ("w" = #is_offered) || ("w" = #(is_offered + asleep)).
Definition take_seat : val := λ: "t", Xchg (word_of "t") #is_served;; #().  (*@ take exchange#1 release *)
Definition withdraw_seat : val := λ: "t", word_of "t" <- #vacant.
(* without the lock *)
Definition offers : val := λ: "t",
  let: "w" := !(word_of "t") in                                      (*@ offers load#1 acquire *)
  ("w" = #is_offered) || ("w" = #(is_offered + asleep)).

Definition seems_open : val := λ: "t",
  let: "w" := !(word_of "t") in                                      (*@ seems_open load#1 relaxed *)
  ("w" = #is_open) || ("w" = #(is_open + asleep)).
Definition claim_from : val := λ: "t" "from" "to",
  CmpXchg (word_of "t") "from" "to".                                 (*@ claim compare_exchange_strong#1 acq_rel/acquire *)
Definition claim_seat : val := λ: "t",
  let: "x" := claim_from "t" #is_open #is_claimed in
  Snd "x" || ((Fst "x" = #(is_open + asleep)) && Snd (claim_from "t" #(is_open + asleep) #(is_claimed + asleep))).
Definition end_with : val := λ: "t" "how",
  Xchg (word_of "t") "how";; #().                                    (*@ end exchange#1 release *)
Definition serve_seat : val := λ: "t", end_with "t" #is_served.
Definition refuse_seat : val := λ: "t", end_with "t" #is_refused.

Definition is_over : val := λ: "t", #is_served ≤ !(word_of "t").     (*@ is_over load#1 acquire *)
Definition wait_at : val := rec: "wait" "t" :=
  let: "w" := !(word_of "t") in                                      (*@ wait load#1 acquire *)
  if: #is_served ≤ "w" then #true else
  (if: (("w" = #is_open) || ("w" = #is_claimed) || ("w" = #is_offered)) && nondet_bool #() then
   CmpXchg (word_of "t") "w" ("w" + #asleep);; #() else #());;       (*@ wait compare_exchange_weak#1 relaxed/relaxed *)
  if: is_over "t" then #true else
  if: nondet_bool #() then #false else "wait" "t".
Definition wait_at_for_ever : val := rec: "again" "t" := if: wait_at "t" then #() else "again" "t".
Definition leave_from : val := rec: "leave" "t" "w" :=
  if: ("w" = #is_open) || ("w" = #(is_open + asleep)) then
    if: nondet_bool #() then "leave" "t" "w" else
    let: "x" := CmpXchg (word_of "t") "w" #vacant in
    if: Snd "x" then #true else "leave" "t" (Fst "x")
  else #false.
Definition leave_seat : val := λ: "t", leave_from "t" !(word_of "t").
Definition was_served : val := λ: "t", !(word_of "t") = #is_served.  (*@ was_served load#1 relaxed *)
Definition vacate : val := λ: "t", word_of "t" <- #vacant.           (*@ vacate store#1 release *)

(*@ of primitives/sluice/chan.hpp primitives/sluice/detail/chan_seat.hpp
    without leave: no path is recorded on which a pop gives up; it is leave_from
    without withdraw: likewise a push; it is withdraw_seat
    path meets.pop.sits: is_offered load#1, is_vacant load#1, sit store#1, wait load#1, wait compare_exchange_weak#1, is_over load#1, was_served load#1,
      vacate store#1
    path meets.push.in_vain.at_seat: claim compare_exchange_strong#1, seems_open load#1
    path meets.push.serves: claim compare_exchange_strong#1, claim compare_exchange_strong#1, end exchange#1
    path meets.try_push.serves: claim compare_exchange_strong#1, claim compare_exchange_strong#1, end exchange#1
    path meets.close.refuses: claim compare_exchange_strong#1, claim compare_exchange_strong#1, end exchange#1
    path meets.pop.none.at_seat: offers load#1
    path meets.push.offers: claim compare_exchange_strong#1, seems_open load#1, is_vacant load#1, offer store#1, wait load#1,
      wait compare_exchange_weak#1, is_over load#1, was_served load#1, vacate store#1
    path meets.pop.takes: is_offered load#1, take exchange#1
    path meets.try_pop.takes: offers load#1, is_offered load#1, take exchange#1
    path meets.close.refuses_push: claim compare_exchange_strong#1, is_offered load#1, end exchange#1 *)

(** ** States *)
(** [Kept]: it looks vacant, and the lock's holder has its place. [Known]: who sat has seen how it ended, and has it, with half of the
    word. *)
Inductive sitting :=
  Vacant | Kept | Open (sleeps : bool) | Claimed (sleeps : bool) | Offered (sleeps : bool) | Over (ok : bool) | Known (ok : bool).
Definition number (x : sitting) : Z :=
  match x with
  | Vacant | Kept => vacant
  | Open z => is_open + Z.b2z z
  | Claimed z => is_claimed + Z.b2z z
  | Offered z => is_offered + Z.b2z z
  | Over ok | Known ok => if ok then is_served else is_refused
  end.
Definition share (x : sitting) : Qp := if x is Known _ then 1/2 else 1.
(** What the holder of the lock may know, for nobody else sits down: 0 that it is vacant, 1 that nobody can claim it, 2 that whoever
    sits there sleeps. *)
Definition agrees (k : nat) (x : sitting) : Prop :=
  (k = 0%nat → x = Vacant) ∧ (k = 1%nat → ∀ z, x ≠ Open z) ∧ (k = 2%nat → x ≠ Open false).
Global Instance sitting_eq : EqDecision sitting. Proof. solve_decision. Defined.
Global Instance sitting_inhabited : Inhabited sitting := populate Vacant.
Lemma number_open x z : number x = (is_open + Z.b2z z)%Z → x = Open z.
Proof. by destruct x as [| |[]|[]|[]|[]|[]], z. Qed.
Lemma number_offered x z : number x = (is_offered + Z.b2z z)%Z → x = Offered z.
Proof. by destruct x as [| |[]|[]|[]|[]|[]], z. Qed.
Lemma open_or_not x : (∃ z, x = Open z) ∨ (∀ z, x ≠ Open z).
Proof. destruct x; naive_solver. Qed.
Lemma agrees_shut x : (∀ z, x ≠ Open z) → agrees 1 x.
Proof. by intros H. Qed.

(** What the holder of the lock knows for certain, for nobody else brings it about: 2 that there is an offer, 1 that it is about to make
    one. *)
Definition offer_of (x : sitting) : nat := match x with Offered _ => 2 | Kept => 1 | _ => 0 end.
Definition offer_is (o : bool) : nat := if o then 2 else 0.
Lemma offer_is_offered x (o : bool) : offer_of x = offer_is o → o = true ↔ ∃ z, x = Offered z.
Proof. destruct x, o; naive_solver. Qed.

Lemma agrees_on k x y : agrees k x → x ≠ Vacant → (∀ z, y ≠ Open z) → agrees k y.
Proof. intros (H0 & _) Hx Hy. split; [intros Hk; by destruct Hx; apply H0|by split; intros]. Qed.

Section seat.
  Context `{!heapGS Σ, !chanG Σ} (N : namespace).
  Implicit Types (c : channel) (x : sitting) (g : gname) (k : nat) (r m ok : bool) (Φ : val → iProp Σ).
  Notation wants := (wants N 0).
  (* there are no slots; their places are those of the seat *)
  Definition seat_at c : loc := l_cells (c_ring c).
  Notation word c := (seat_at c +ₗ 0). Notation cell c := (seat_at c +ₗ 1).

  (** which sitting it is, by the name of what its pop wants *)
  Definition turn c (q : Qp) g : iProp Σ := ghost_var (ηx (c_ring c)) q g.
  Definition part c (q : Qp) Φ : iProp Σ := ∃ g, turn c q g ∗ saved_pred_own g DfracDiscarded Φ.
  (** who sits, and who has claimed it *)
  Definition sits c Φ : iProp Σ := part c (1/2) Φ.
  Definition claims c Φ : iProp Σ := part c (1/4) Φ ∗ ∃ v, cell c ↦ v.
  (** half of it is in the hand of whoever holds the lock *)
  Definition knows c k : iProp Σ := ghost_var (ηh (c_ring c)) (1/2) k.
  Definition offering c (n : nat) : iProp Σ := ghost_var (ηt (c_ring c)) (1/2) n.
  (** what a pop would be told, where a push waits *)
  Definition told Φ : val → iProp Σ := λ w, (∃ x u : val, ⌜w = (x, u)%V⌝ ∗ Φ x)%I.

  Definition holds c r m x : iProp Σ :=
    match x with
    | Vacant => (∃ g, turn c 1 g) ∗ ∃ v, cell c ↦ v
    | Kept => ∃ g, turn c 1 g
    | Open _ => (∃ Φ, sits c Φ ∗ wants c false (cell c) Φ) ∗ ⌜r = true ∧ m = false⌝
    | Claimed _ => ∃ g, turn c (1/4) g
    | Offered _ => (∃ g, turn c (1/4) g) ∗ ∃ v, cell c ↦{#1/2} v
    | Over ok => ∃ Φ, sits c Φ ∗ gets false (cell c) Φ ok
    | Known _ => ∃ g, turn c 1 g
    end.
  Definition seat c r m : iProp Σ :=
    ∃ k x, knows c k ∗ offering c (offer_of x) ∗ ⌜agrees k x⌝ ∗ word c ↦{#share x} #(number x) ∗ holds c r m x.
  (** the offer, which is the lock's holder's: the element, and what the push wants *)
  Definition on_offer c (v : val) Φ : iProp Σ := part c (1/4) (told Φ) ∗ cell c ↦{#1/2} v ∗ push_update N 0 c true v Φ.
  Definition offer_inv c (o : bool) : iProp Σ := offering c (offer_is o) ∗ (if o then ∃ v Φ, on_offer c v Φ else True)%I.
  (** how it ended, to who sat *)
  Definition known c Φ : iProp Σ := ∃ ok, word c ↦{#1/2} #(number (Known ok)) ∗ ▷ gets false (cell c) Φ ok.

  Lemma new_seat_spec : {{{ True }}} new_seat #() {{{ t, RET #t; (t +ₗ 0) ↦ #vacant ∗ (t +ₗ 1) ↦ #vacant }}}.
  Proof.
    iIntros (Φ) "_ HΦ". wp_lam. wp_alloc t as "Ht"; first done. rewrite /array /=. iDestruct "Ht" as "(H0 & H1 & _)".
    iApply "HΦ". by iFrame.
  Qed.
  Lemma turn_agree c q q' g g' : turn c q g -∗ turn c q' g' -∗ ⌜g = g' ∧ (q + q' ≤ 1)%Qp⌝.
  Proof. iIntros "H H'". iDestruct (ghost_var_valid_2 with "H H'") as %[? ?]. done. Qed.
  Lemma part_agree c q q' Φ Ψ : part c q Φ -∗ part c q' Ψ -∗ ∀ v, ▷ (Φ v ≡ Ψ v).
  Proof.
    iIntros "H H'" (v). iDestruct "H" as (g) "[H S]". iDestruct "H'" as (g') "[H' S']".
    iDestruct (turn_agree with "H H'") as %[<- _]. iApply (saved_pred_agree with "S S'").
  Qed.
  Lemma part_split c Φ : part c (1/2) Φ -∗ part c (1/4) Φ ∗ ∃ g, turn c (1/4) g.
  Proof.
    iIntros "H". iDestruct "H" as (g) "[Ht #S]". rewrite /turn -{1}Qp.quarter_quarter. iDestruct "Ht" as "[Ht Ht']".
    iSplitL "Ht"; iExists g; by iFrame.
  Qed.
  Lemma part_join c Φ g : part c (1/4) Φ -∗ turn c (1/4) g -∗ part c (1/2) Φ.
  Proof.
    iIntros "H Ht'". iDestruct "H" as (g') "[Ht #S]". iDestruct (turn_agree with "Ht Ht'") as %[<- _].
    iCombine "Ht Ht'" as "Ht". rewrite Qp.quarter_quarter. iExists g'. by iFrame.
  Qed.
  Lemma part_whole c Φ Ψ : part c (1/2) Φ -∗ part c (1/2) Ψ -∗ ∃ g, turn c 1 g.
  Proof.
    iIntros "H H'". iDestruct "H" as (g) "[Ht _]". iDestruct "H'" as (g') "[Ht' _]". iDestruct (turn_agree with "Ht Ht'") as %[<- _].
    iCombine "Ht Ht'" as "Ht". by iExists g.
  Qed.
  Lemma part_alone c q Φ : part c q Φ -∗ (∃ g, turn c 1 g) -∗ False.
  Proof.
    iIntros "H H'". iDestruct "H" as (g) "[Ht _]". iDestruct "H'" as (g') "Ht'". iDestruct (turn_agree with "Ht' Ht") as %[_ H].
    by destruct (Qp.not_add_le_l 1 q).
  Qed.

  (** whoever looks, and holds the lock, may know more afterwards *)
  Definition know (locked : bool) c k : iProp Σ := (if locked then knows c k else True)%I.
  Lemma know_more (locked : bool) c x k k' kn :
    agrees k' x → (locked = true → agrees k x → agrees kn x) →
    know locked c k -∗ knows c k' ==∗ know locked c kn ∗ ∃ k'', knows c k'' ∗ ⌜agrees k'' x⌝.
  Proof.
    iIntros (Ha Hn) "Hk Hk'". destruct locked; last (iModIntro; iSplit; [done|iExists k'; by iFrame]).
    iDestruct (ghost_var_agree with "Hk Hk'") as %->.
    iMod (ghost_var_update_halves kn with "Hk Hk'") as "[$ Hk']". iModIntro. iExists kn. iFrame. iPureIntro. by apply Hn.
  Qed.

  (** what is shown may change, but to "nobody" only where nobody can be claimed *)
  Lemma seat_shows c r r' m k : r' = true ∨ k = 1%nat → knows c k -∗ seat c r m -∗ knows c k ∗ seat c r' m.
  Proof.
    iIntros (Hr) "Hk Hx". iDestruct "Hx" as (k' x) "(Hk' & Hn & %Hkx & Hw & H)". iDestruct (ghost_var_agree with "Hk Hk'") as %<-.
    iFrame "Hk". iExists k, x. iFrame "Hk' Hn Hw". iSplit; first done. destruct x as [| |z|z|z|ok|ok]; [done..| |done|done|done|done].
    iDestruct "H" as "[$ %H]". iPureIntro. destruct Hkx as (_ & Hk & _). naive_solver.
  Qed.
  (** and it may be closed then *)
  Lemma seat_closes c r r' m m' : knows c 1 -∗ seat c r m -∗ knows c 1 ∗ seat c r' m'.
  Proof.
    iIntros "Hk Hx". iDestruct "Hx" as (k' x) "(Hk' & Hn & %Hkx & Hw & H)". iDestruct (ghost_var_agree with "Hk Hk'") as %<-.
    iFrame "Hk". iExists 1%nat, x. iFrame "Hk' Hn Hw". iSplit; first done. destruct x as [| |z|z|z|ok|ok]; try done.
    destruct Hkx as (_ & Hk & _). by destruct (Hk eq_refl z).
  Qed.
End seat.
Global Typeclasses Opaque known.
