(* SPDX-License-Identifier: BSL-1.0 *)
(** mpmc_ring under a release/acquire memory: its slots are handed on without a race, and a pop finds its own element.

    For any number of threads and any capacity; tickets are natural numbers (iris/ring_positions.v says why words do). The
    claims of the source are seq_cst, for its answers' sake; here they are relaxed, since hand-over needs no more: what
    holds with fewer orders holds with more. `full`, `empty`, `closed` and `busy` are not told apart here: whoever does not
    find its turn begins anew. What the claims' seq_cst is for is not proved here; the audit kills their weakenings.

    First that nothing goes wrong with the orders that a slot's turn has in the source; then, for each of these four orders,
    a run in which a weaker one ends in a race. *)
From iris.prelude Require Import prelude.
From sluice_weak Require Import memory.
Local Arguments Nat.mul : simpl never.
Local Arguments Nat.div : simpl never.
Local Arguments Nat.modulo : simpl never.

Inductive loc := Tk (b : bool) (* false: tail, true: head *) | Turn (i : nat) | Cell (i : nat).
Global Instance loc_dec : EqDecision loc. Proof. solve_decision. Defined.
Notation view := (memory.view loc).
Notation msg := (memory.msg loc nat).
Notation hist := (memory.hist loc nat).

(** What can be weaker: for a push (false) and for a pop (true), the load and the store of a turn. *)
Record orders := Orders { turn_load : bool → mode; turn_store : bool → mode }.
Definition source : orders := Orders (λ _, Sync) (λ _, Sync).

(** ** Program (b = false: push, b = true: pop); pc records the last access performed *)
Inductive pc := Idle | St (stage : nat) (b : bool) (pos v : nat).
Record state := State {
  H : hist; cnt : nat → nat; cval : nat → nat;     (* cell accesses so far / content *)
  thr : nat → view * pc; items : nat → nat }.      (* ghost: item of push ticket p   *)
Notation b2n := Nat.b2n.

Inductive step (o : orders) (n : nat) : state → state → Prop :=
| s_begin M c x th it τ V b v t m V' :
    (*@ claim_push load#1 relaxed, claim_pop load#1 relaxed *)
    th τ = (V, Idle) → read Rlx M V (Tk b) t m V' →
    step o n (State M c x th it) (State M c x (upd th τ (V', St 1 b (mval m) v)) it)
| s_turn M c x th it τ V b pos v t m V' :
    (*@ push_turn load#1 acquire, pop_turn load#1 acquire *)
    th τ = (V, St 1 b pos v) → read (turn_load o b) M V (Turn (pos `mod` n)) t m V' →
    step o n (State M c x th it) (State M c x
      (upd th τ (V', if decide (mval m = 2*(pos `div` n) + b2n b) then St 2 b pos v else Idle)) it)
| s_fail M c x th it τ V b pos v :    (* not ours, or the claim fails *)
    th τ = (V, St 2 b pos v) →
    step o n (State M c x th it) (State M c x (upd th τ (V, Idle)) it)
| s_claim M c x th it τ V b pos v t M' V' :
    (*@ claim_push compare_exchange_weak#1 seq_cst/relaxed, claim_pop compare_exchange_weak#1 seq_cst/relaxed *)
    th τ = (V, St 2 b pos v) → rmw Rlx Rlx M V (Tk b) pos (S pos) t M' V' →
    step o n (State M c x th it) (State M' c x (upd th τ (V', St 3 b pos v))
                                     (if b then it else upd it pos v))
| s_cell M c x th it τ V b pos v :
    (*@ fill storage, element value *)
    th τ = (V, St 3 b pos v) → let i := pos `mod` n in
    step o n (State M c x th it) (State M (upd c i (S (c i))) (if b then x else upd x i v)
      (upd th τ (set V (Cell i) (S (c i)), St 4 b pos (if b then x i else v))) it)
| s_publish M c x th it τ V b pos v t M' V' :
    (*@ fill store#2 release, ~consumption store#1 release *)
    th τ = (V, St 4 b pos v) →
    write (turn_store o b) M V (Turn (pos `mod` n)) (2*(pos `div` n) + b2n b + 1) t M' V' →
    step o n (State M c x th it) (State M' c x (upd th τ (V', Idle)) it).

(*@ of primitives/sluice/mpmc_ring.hpp
    without is_closed: answers
    without close: answers
    without looks_full: a hint
    without looks_empty: a hint
    without size_hint: a hint
    without skip_holes: elements whose constructor throws
    without fill store#1: elements whose constructor throws
    without claim_push load#2: answers
    without claim_push load#3: answers
    without claim_push load#4: begins anew, as load#1
    without claim_pop load#2: answers
    without claim_pop load#3: answers
    without claim_pop load#4: answers
    without claim_pop load#5: begins anew, as load#1
    path push.success: claim_push load#1, push_turn load#1, claim_push compare_exchange_weak#1, fill storage, fill store#2
    path pop.success: claim_pop load#1, pop_turn load#1, claim_pop compare_exchange_weak#1, element value,
      ~consumption store#1 *)

Definition init : state :=
  State (λ l t, match l, t with Cell _, _ => None | _, 0 => Some (Msg 0 bot) | _, _ => None end)
        (λ _, 0) (λ _, 0) (λ _, (bot, Idle)) (λ _, 0).
Definition reach o n := rtc (step o n) init.

(** data race: a thread about to touch a cell has not seen all earlier accesses *)
Definition racy n s := ∃ τ V b pos v,
  thr s τ = (V, St 3 b pos v) ∧ V (Cell (pos `mod` n)) < cnt s (pos `mod` n).
(** a pop has read something else than the item of its ticket *)
Definition wrong s := ∃ τ V pos v, thr s τ = (V, St 4 true pos v) ∧ v ≠ items s pos.

Local Arguments upd : simpl never. Local Arguments add : simpl never. Local Arguments set : simpl never.


(** ** Invariant *)
Section inv.
  Context (n : nat) (Hn : 0 < n).
  Record aux := Aux { C : bool → nat; L : nat → nat; B : nat → bool; ts : nat → nat }.
  Implicit Types a : aux.
  Definition done a (b : bool) (i : nat) := L a i + (if b then 0 else b2n (B a i)).
  Definition lim a (b : bool) (i : nat) := L a i + (if b then b2n (B a i) else 1).
  Definition tn a i := 2 * L a i + b2n (B a i).
  Definition free a i := C a (B a i) ≤ n * L a i + i.

  Record inv (s : state) a : Prop := {
    i_tk b j (m : msg) : H s (Tk b) j = Some m → mval m = j ∧ j ≤ C a b;
    i_tk' b j : j ≤ C a b → is_Some (H s (Tk b) j);
    i_msg i j m : H s (Turn i) j = Some m →
      j ≤ ts a i ∧ mval m ≤ tn a i ∧ (j < ts a i → mval m < tn a i) ∧ ∀ i', mview m (Cell i') ≤ cnt s i';
    i_last i : ∃ m, H s (Turn i) (ts a i) = Some m ∧ (free a i → cnt s i ≤ mview m (Cell i));
    i_rng b i : i < n → n * done a b i + i < C a b + n ∧ C a b ≤ n * lim a b i + i;
    i_val i : i < n → B a i = true → free a i → cval s i = items s (n * L a i + i);
    i_view τ i : (thr s τ).1 (Cell i) ≤ cnt s i;
    i_st2 τ V b pos v : thr s τ = (V, St 2 b pos v) → let i := pos `mod` n in
      2*(pos `div` n) + b2n b ≤ tn a i ∧
      (2*(pos `div` n) + b2n b = tn a i → ∀ m, H s (Turn i) (ts a i) = Some m →
         ts a i ≤ V (Turn i) ∧ mview m (Cell i) ≤ V (Cell i));
    i_st34 τ V st b pos v : thr s τ = (V, St st b pos v) → 3 ≤ st → let i := pos `mod` n in
      pos < C a b ∧ L a i = pos `div` n ∧ B a i = b ∧ ts a i ≤ V (Turn i) ∧
      V (Cell i) = cnt s i ∧
      (if b then (if decide (st = 3) then cval s i = items s pos else v = items s pos)
       else v = items s pos ∧ (st ≠ 3 → cval s i = v));
    i_uniq τ τ' V V' st st' b pos v v' :
      thr s τ = (V, St st b pos v) → thr s τ' = (V', St st' b pos v') → 3 ≤ st → 3 ≤ st' → τ = τ' }.

  Lemma divmod pos : pos = n * (pos `div` n) + pos `mod` n. Proof. apply Nat.div_mod. lia. Qed.
  Lemma modlt pos : pos `mod` n < n. Proof. apply Nat.mod_upper_bound. lia. Qed.
  Lemma slot_eq i j k k' : i < n → j < n → n * k + i = n * k' + j → i = j ∧ k = k'.
  Proof. intros ?? E. destruct (Nat.div_mod_unique n k k' i j) as [? ?]; auto. Qed.

  Lemma inv_init : inv init (Aux (λ _, 0) (λ _, 0) (λ _, false) (λ _, 0)).
  Proof.
    split; simpl; try done.
    - intros b [|j] m; intros [= <-]; simpl; lia.
    - intros b j ?. assert (j = 0) as -> by lia. eauto.
    - intros i [|j] m; intros [= <-]; simpl. unfold tn, bot; simpl; repeat split; intros; lia.
    - intros i. eexists. split; [done|]. simpl; lia.
    - intros [] i Hi; unfold done, lim; simpl; lia.
  Qed.

  (** only the stepping thread changes *)
  Ltac other τ τ' := let Hno := fresh "Hno" in destruct (decide (τ' = τ)) as [->|Hno];
    [rewrite ?(upd_eq _ τ)|rewrite ?(upd_ne _ τ _ τ' Hno)]; simpl in *.

  Lemma inv_step s s' a : inv s a → step source n s s' → ∃ a', inv s' a'.
  Proof.
    intros I Hs. destruct Hs as
      [ M c x th it τ V b v t m V' Hτ (Hm & HV & ->)
      | M c x th it τ V b pos v t m V' Hτ (Hm & HV & ->)
      | M c x th it τ V b pos v Hτ
      | M c x th it τ V b pos v t M' V' Hτ (m & Hm & HV & Hold & Hnew & -> & ->)
      | M c x th it τ V b pos v Hτ i
      | M c x th it τ V b pos v t M' V' Hτ (Hm & HV & -> & ->) ];
    destruct I as [Itk Itk' Imsg Ilast Irng Ival Iview Ist2 Ist34 Iuniq]; simpl in *.
    - (* begin *) exists a. split; simpl; try done.
      + intros τ' i. pose proof (Iview τ i) as H1. rewrite Hτ in H1. pose proof (Iview τ' i) as H2.
        other τ τ'; [|done]. unfold bump, set. case_decide; [done|]. done.
      + intros τ' V0 b0 pos v0. other τ τ'; [done|]. by apply Ist2.
      + intros τ' V0 st b0 pos v0. other τ τ'; [intros [=]; lia|]. by apply Ist34.
      + intros τ1 τ2 V1 V2 st1 st2 b1 pos v1 v2. other τ τ1; other τ τ2; intros; simplify_eq; try lia. by eapply Iuniq.
    - (* turn read *) exists a. split; simpl; try done.
      + intros τ' i. pose proof (Iview τ i) as H1. rewrite Hτ in H1. pose proof (Iview τ' i) as H2.
        other τ τ'; [|done]. destruct (Imsg _ _ _ Hm) as (_ & _ & _ & Hc).
        unfold vjoin, bump, set. case_decide; [done|]. simpl in *. specialize (Hc i). lia.
      + intros τ' V0 b0 pos0 v0. other τ τ'; [|by apply Ist2].
        case_decide as E; intros [= <- <- <- <-].
        destruct (Imsg _ _ _ Hm) as (Hj & Hv & Hlt & _). split; [lia|].
        intros E' m' Hm'. assert (t = ts a (pos `mod` n)) as ->.
        { destruct (decide (t < ts a (pos `mod` n))) as [Hl|]; [specialize (Hlt Hl)|]; lia. }
        simplify_eq. unfold vjoin, bump, set. repeat case_decide; simplify_eq; lia.
      + intros τ' V0 st b0 pos0 v0. other τ τ'; [case_decide; intros; simplify_eq; lia|]. by apply Ist34.
      + intros τ1 τ2 V1 V2 st1 st2 b1 pos1 v1 v2.
        other τ τ1; other τ τ2; intros; repeat case_decide; simplify_eq; try lia. by eapply Iuniq.
    - (* cas fails *) exists a. split; simpl; try done.
      + intros τ' i. pose proof (Iview τ i) as H1. rewrite Hτ in H1. pose proof (Iview τ' i) as H2. by other τ τ'.
      + intros τ' V0 b0 pos0 v0. other τ τ'; [done|]. by apply Ist2.
      + intros τ' V0 st b0 pos0 v0. other τ τ'; [done|]. by apply Ist34.
      + intros τ1 τ2 V1 V2 st1 st2 b1 pos1 v1 v2. other τ τ1; other τ τ2; intros; simplify_eq. by eapply Iuniq.
    - (* claim *)
      destruct (Ist2 _ _ _ _ _ Hτ) as [Hle Heq].
      destruct (Itk _ _ _ Hm) as [Hmv Htc]. assert (t = pos) as -> by congruence.
      assert (pos = C a b) as Hpos.
      { destruct (decide (pos < C a b)); [|lia]. destruct (Itk' b (S pos)) as [? ?]; [lia|congruence]. }
      pose proof (divmod pos) as Hdm. pose proof (modlt pos) as Hi.
      set (i := pos `mod` n) in *. set (k := pos `div` n) in *. clearbody i k.
      assert (L a i = k ∧ B a i = b) as [HL HB].
      { destruct (Irng b i Hi) as [Hlo _]. unfold done, tn in *.
        assert (L a i + (if b then 0 else b2n (B a i)) ≤ k) by nia.
        destruct b, (B a i); simpl in *; split; try lia; try done. }
      specialize (Heq ltac:(unfold tn; rewrite HL HB; lia)).
      destruct (Ilast i) as (ml & Hml & Hfree). destruct (Heq _ Hml) as [Hts Hcell].
      specialize (Hfree ltac:(unfold free; rewrite HL HB; lia)).
      pose proof (Iview τ i) as Hvi. rewrite Hτ /= in Hvi.
      assert (∀ j, j < n → B a j = true → n * L a j + j < C a false) as Hpushed.
      { intros j Hj HBj. destruct (Irng false j Hj) as [Hlo _]. unfold done in Hlo.
        rewrite HBj /= in Hlo. nia. }
      assert (∀ j, j < n → B a j = true → (if b then it else upd it pos v) (n * L a j + j) = it (n * L a j + j)) as Hit.
      { intros j Hj HBj. destruct b; [done|]. apply upd_ne. specialize (Hpushed j Hj HBj). lia. }
      exists (Aux (λ b', if decide (b' = b) then S pos else C a b') (L a) (B a) (ts a)).
      assert (∀ j, C a (B a j) ≤ (if decide (B a j = b) then S pos else C a (B a j))) as Hmono.
      { intros j. case_decide as E; [rewrite E|]; lia. }
      split; simpl; try done.
      + intros b' j m'. unfold add. destruct (decide (Tk b' = Tk b ∧ j = S pos)) as [[[= ->] ->]|Hne].
        * intros [= <-]. simpl. split; [done|]. by rewrite decide_True.
        * intros Hj. destruct (Itk _ _ _ Hj). split; [done|]. case_decide; [subst b'|]; lia.
      + intros b' j Hj. unfold add. destruct (decide (Tk b' = Tk b ∧ j = S pos)) as [|Hne]; [by eexists|]. apply Itk'.
        destruct (decide (b' = b)) as [->|]; [|done]. rewrite -Hpos.
        destruct (decide (j = S pos)) as [->|]; [by destruct Hne|lia].
      + intros j. destruct (Ilast j) as (mj & Hmj & Hf). exists mj. split.
        { by rewrite add_ne. }
        unfold free; simpl. intros. apply Hf. unfold free. specialize (Hmono j). lia.
      + intros b' j Hj. destruct (Irng b' j Hj) as [Hlo Hup]. unfold done, lim in *; simpl.
        case_decide; [subst b'|done]. split; [lia|].
        destruct (decide (j = i)) as [->|].
        { rewrite HL HB. destruct b; simpl; nia. }
        assert (C a b ≠ n * (L a j + (if b then b2n (B a j) else 1)) + j); [|lia].
        rewrite -Hpos Hdm. intros [??]%slot_eq; done.
      + intros j Hj HBj Hf. rewrite (Hit j Hj HBj). apply Ival; [done..|].
        unfold free in *; simpl in *. specialize (Hmono j). lia.
      + intros τ' j. pose proof (Iview τ j) as H1. pose proof (Iview τ' j). rewrite Hτ in H1.
        other τ τ'; [|done]. unfold set. by case_decide.
      + intros τ' V0 b0 pos0 v0. other τ τ'; [done|]. intros Hτ'. destruct (Ist2 _ _ _ _ _ Hτ') as [? Heq'].
        split; [done|]. intros E m' Hm'. apply Heq'; [done|].
        by rewrite add_ne in Hm'.
      + intros τ' V0 st b0 pos0 v0. other τ τ'.
        * intros [= <- <- <- <- <-] _.
          assert (pos `mod` n = i ∧ pos `div` n = k) as [-> ->].
          { apply slot_eq; [apply modlt|done|]. rewrite -divmod. done. }
          rewrite !set_ne //. repeat split; try lia; try done.
          { case_decide; [lia|done]. }
          rewrite Hdm in Hpos. destruct b; simpl.
          { rewrite (Ival i Hi); [by rewrite HL -Hdm|done|]. unfold free. rewrite HL HB. lia. }
          by rewrite upd_eq.
        * intros Hτ' Hst. destruct (Ist34 _ _ _ _ _ _ Hτ' Hst) as (Hlt & HL' & HB' & ? & ? & Hv).
          repeat split; try done. { destruct (decide (b0 = b)) as [->|]; lia. }
          assert ((if b then it else upd it pos v) pos0 = it pos0) as ->; [|done].
          destruct b; [done|]. apply upd_ne. intros ->.
          destruct b0; [|lia]. specialize (Hpushed _ (modlt pos) HB'). rewrite HL' -divmod in Hpushed. lia.
      + intros τ1 τ2 V1 V2 st1 st2 b1 pos1 v1 v2. other τ τ1; other τ τ2; try done; [| |by eapply Iuniq].
        * intros [= <- <- <- <- <-] H2 _ Hs2. destruct (Ist34 _ _ _ _ _ _ H2 Hs2). lia.
        * intros H1 [= <- <- <- <- <-] Hs1 _. destruct (Ist34 _ _ _ _ _ _ H1 Hs1). lia.
    - (* cell access *)
      destruct (Ist34 _ _ _ _ _ _ Hτ ltac:(lia)) as (Hlt & HL & HB & Hts & Hc & Hv).
      assert (¬ free a i) as Hnf by (unfold free; rewrite HL HB -divmod; lia).
      assert (∀ τ' V0 st b0 pos0 v0, τ' ≠ τ → th τ' = (V0, St st b0 pos0 v0) → 3 ≤ st → pos0 `mod` n ≠ i) as Hoth.
      { intros τ' V0 st b0 pos0 v0 Hne Hτ' Hst E. destruct (Ist34 _ _ _ _ _ _ Hτ' Hst) as (_ & HL' & HB' & _).
        rewrite E in HL', HB'. assert (pos0 = pos) as -> by (rewrite (divmod pos0) (divmod pos); unfold i in *; congruence).
        assert (b0 = b) as -> by congruence. apply Hne. eapply Iuniq; [exact Hτ'|exact Hτ|done|lia]. }
      assert (∀ j, c j ≤ upd c i (S (c i)) j) as Hmono by
        (intros j; destruct (decide (j = i)) as [->|]; [rewrite upd_eq|rewrite upd_ne //]; lia).
      exists a. split; simpl; try done.
      + intros j t m Hm. destruct (Imsg _ _ _ Hm) as (?&?&?&Hx). repeat split; try done.
        intros i'. specialize (Hx i'). specialize (Hmono i'). lia.
      + intros j. destruct (Ilast j) as (m & Hm & Hf). exists m. split; [done|]. intros Hfr.
        destruct (decide (j = i)) as [->|]; [done|]. rewrite upd_ne //. by apply Hf.
      + intros j Hj HBj Hf. destruct (decide (j = i)) as [->|Hne]; [done|].
        rewrite -(Ival j Hj HBj Hf). destruct b; [done|]. by rewrite upd_ne.
      + intros τ' j. pose proof (Iview τ j) as H1. pose proof (Iview τ' j) as H2. rewrite Hτ in H1. specialize (Hmono j).
        destruct (decide (τ' = τ)) as [->|]; [rewrite upd_eq|rewrite upd_ne //; lia]; simpl in *.
        destruct (decide (j = i)) as [->|]; [by rewrite set_eq upd_eq|]. rewrite set_ne; [lia|congruence].
      + intros τ' V0 b0 pos0 v0. other τ τ'; [done|]. by apply Ist2.
      + intros τ' V0 st b0 pos0 v0. destruct (decide (τ' = τ)) as [->|Hne].
        * rewrite upd_eq. intros [= <- <- <- <- <-] _. fold i.
          rewrite set_eq set_ne // !upd_eq. repeat split; try done.
          destruct b; simpl; [done|]. destruct Hv as [-> _]. split; [done|intros _]. by rewrite ?upd_eq.
        * rewrite upd_ne //. intros Hτ' Hst.
          pose proof (Hoth _ _ _ _ _ _ Hne Hτ' Hst) as Hni.
          destruct (Ist34 _ _ _ _ _ _ Hτ' Hst) as (?&?&?&?&?&Hv').
          rewrite upd_ne //. repeat split; try done. destruct b; [done|]. by rewrite !upd_ne.
      + intros τ1 τ2 V1 V2 st1 st2 b1 pos1 v1 v2. other τ τ1; other τ τ2; try done; [| |by eapply Iuniq].
        * intros [= <- <- <- <- <-] ???. eapply Iuniq; [done|done|lia|done].
        * intros ? [= <- <- <- <- <-] ??. eapply Iuniq; [done|done|done|lia].
    - (* publish *)
      destruct (Ist34 _ _ _ _ _ _ Hτ ltac:(lia)) as (Hlt & HL & HB & Hts & Hc & Hv).
      pose proof (divmod pos) as Hdm. pose proof (modlt pos) as Hi.
      set (i := pos `mod` n) in *. set (k := pos `div` n) in *.
      set (a' := Aux (C a) (upd (L a) i (if b then S k else k)) (upd (B a) i (negb b)) (upd (ts a) i t)).
      assert (∀ j, j ≠ i → L a' j = L a j ∧ B a' j = B a j ∧ ts a' j = ts a j) as Ho.
      { intros j Hj. unfold a'; simpl. by rewrite !upd_ne. }
      assert (L a' i = (if b then S k else k) ∧ B a' i = negb b ∧ ts a' i = t) as (HL' & HB' & Ht').
      { unfold a'; simpl. by rewrite !upd_eq. }
      assert (C a' = C a) as HC by done. clearbody a'.
      assert (tn a i = 2 * k + b2n b) as Htn by (unfold tn; rewrite HL HB; lia).
      assert (tn a' i = 2 * k + b2n b + 1) as Htn' by (unfold tn; rewrite HL' HB'; destruct b; simpl; lia).
      assert (∀ j, j ≠ i → tn a' j = tn a j) as Htno.
      { intros j Hj. unfold tn. destruct (Ho j Hj) as (-> & -> & _). done. }
      assert (∀ j, j ≠ i → free a' j = free a j) as Hfo.
      { intros j Hj. unfold free. destruct (Ho j Hj) as (-> & -> & _). by rewrite HC. }
      assert (∀ τ' V0 st b0 pos0 v0, τ' ≠ τ → th τ' = (V0, St st b0 pos0 v0) → 3 ≤ st → pos0 `mod` n ≠ i) as Hoth.
      { intros τ' V0 st b0 pos0 v0 Hne Hτ' Hst E. destruct (Ist34 _ _ _ _ _ _ Hτ' Hst) as (_ & HLx & HBx & _).
        rewrite E in HLx, HBx. assert (pos0 = pos) as -> by (rewrite (divmod pos0) Hdm; unfold i, k in *; congruence).
        assert (b0 = b) as -> by congruence. apply Hne. eapply Iuniq; [exact Hτ'|exact Hτ|done|lia]. }
      exists a'. split; simpl; rewrite ?HC.
      + intros b' j m'. rewrite add_ne //. apply Itk.
      + intros b' j. rewrite add_ne //. apply Itk'.
      + intros j u m. unfold add. destruct (decide (Turn j = Turn i ∧ u = t)) as [[[= ->] ->]|Hne].
        * intros [= <-]. simpl. rewrite Ht' Htn'. repeat split; try lia.
          intros i'. pose proof (Iview τ i') as Hv'. rewrite Hτ /= in Hv'. unfold set. by case_decide.
        * intros Hm'. destruct (Imsg _ _ _ Hm') as (H1&H2&H3&H4).
          destruct (decide (j = i)) as [->|Hj].
          { rewrite Ht' Htn'. repeat split; try done; lia. }
          destruct (Ho j Hj) as (_ & _ & ->). by rewrite (Htno j Hj).
      + intros j. destruct (decide (j = i)) as [->|Hj].
        * eexists. rewrite Ht' add_eq. split; [done|]. simpl. intros _. rewrite set_ne //. lia.
        * destruct (Ilast j) as (m & Hmj & Hf). exists m. destruct (Ho j Hj) as (_ & _ & ->).
          rewrite (Hfo j Hj) add_ne; [done|congruence].
      + intros b' j Hj. destruct (Irng b' j Hj) as [Hlo Hup]. unfold done, lim in *.
        destruct (decide (j = i)) as [->|Hne].
        * rewrite HL' HB'. rewrite HL HB in Hlo, Hup. destruct b, b'; simpl in *; nia.
        * destruct (Ho j Hne) as (-> & -> & _). done.
      + intros j Hj. destruct (decide (j = i)) as [->|Hne].
        * rewrite HL' HB'. destruct b; [done|]. intros _ _. rewrite -Hdm. destruct Hv as [<- Hv]. by apply Hv.
        * rewrite (Hfo j Hne). destruct (Ho j Hne) as (-> & -> & _). by apply Ival.
      + intros τ' j. pose proof (Iview τ j) as H1. pose proof (Iview τ' j). rewrite Hτ in H1.
        other τ τ'; [|done]. unfold set. by case_decide.
      + intros τ' V0 b0 pos0 v0. other τ τ'; [done|]. intros Hτ'. destruct (Ist2 _ _ _ _ _ Hτ') as [Hle Heq].
        destruct (decide (pos0 `mod` n = i)) as [E|Hne].
        * rewrite E in Hle, Heq |- *. rewrite Htn'. split; [lia|]. intros E2. exfalso.
          rewrite Htn in Hle. lia.
        * rewrite (Htno _ Hne). destruct (Ho _ Hne) as (_ & _ & ->). split; [done|].
          intros E2 m' Hm'. apply Heq; [done|]. rewrite add_ne in Hm'; [done|congruence].
      + intros τ' V0 st b0 pos0 v0. destruct (decide (τ' = τ)) as [->|Hne].
        * by rewrite upd_eq.
        * rewrite upd_ne //. intros Hτ' Hst.
          pose proof (Hoth _ _ _ _ _ _ Hne Hτ' Hst) as Hni.
          destruct (Ist34 _ _ _ _ _ _ Hτ' Hst) as (?&?&?&?&?&Hv').
          destruct (Ho _ Hni) as (-> & -> & ->). done.
      + intros τ1 τ2 V1 V2 st1 st2 b1 pos1 v1 v2. other τ τ1; other τ τ2; try done. by eapply Iuniq.
  Qed.
End inv.

(** ** With the orders of the source *)
Theorem slots_are_safe n s : 0 < n → reach source n s → ¬ racy n s ∧ ¬ wrong s.
Proof.
  intros Hn Hr. assert (∃ a, inv n s a) as [a I].
  { unfold reach in Hr. remember init as s0 eqn:E0.
    assert (∃ a, inv n s0 a) as Hi by (subst; eexists; by apply inv_init).
    clear E0. induction Hr as [|s1 s2 s3 Hst _ IH]; [done|]. apply IH.
    destruct Hi as [a1 H1]. by eapply inv_step. }
  split.
  - intros (τ & V & b & pos & v & Hτ & Hlt). destruct (i_st34 _ _ _ I _ _ _ _ _ _ Hτ) as (_&_&_&_&?&_); lia.
  - intros (τ & V & pos & v & Hτ & Hne). destruct (i_st34 _ _ _ I _ _ _ _ _ _ Hτ) as (_&_&_&_&_&?); [lia|].
    by simpl in *.
Qed.

(** ** With one order weaker: a race *)
Ltac known := vm_compute; lia.
Ltac begin τ b v t := eapply rtc_l; [eapply (s_begin _ _ _ _ _ _ _ τ _ b v t);
  [reflexivity|split; [reflexivity|split; [known|reflexivity]]]|]; simpl.
Ltac turn τ b pos v t := eapply rtc_l; [eapply (s_turn _ _ _ _ _ _ _ τ _ b pos v t);
  [reflexivity|split; [reflexivity|split; [known|reflexivity]]]|]; simpl.
Ltac claim τ b pos v t := eapply rtc_l; [eapply (s_claim _ _ _ _ _ _ _ τ _ b pos v t);
  [reflexivity|eexists; split; [reflexivity|split; [known|done]]]|]; simpl.
Ltac cell τ b pos v := eapply rtc_l; [eapply (s_cell _ _ _ _ _ _ _ τ _ b pos v); reflexivity|]; simpl.
Ltac publish τ b pos v t := eapply rtc_l; [eapply (s_publish _ _ _ _ _ _ _ τ _ b pos v t);
  [reflexivity|split; [reflexivity|split; [known|done]]]|]; simpl.
(* thread 0 pushes 7; thread 1 claims it *)
Ltac push_then_claim :=
  begin 0 false 7 0; turn 0 false 0 7 0; claim 0 false 0 7 0; cell 0 false 0 7; publish 0 false 0 7 1;
  begin 1 true 0 0; turn 1 true 0 0 1; claim 1 true 0 0 0.
(* and takes it; thread 2 claims the slot for the next lap *)
Ltac pop_then_claim := push_then_claim;
  cell 1 true 0 0; publish 1 true 0 7 2; begin 2 false 8 1; turn 2 false 1 8 2; claim 2 false 1 8 1.

Theorem relaxed_fill_races : ∃ s, reach (Orders (λ _, Sync) (λ pop, if pop then Sync else Rlx)) 1 s ∧ racy 1 s.
Proof.
  eexists. split; [unfold reach, init; push_then_claim; apply rtc_refl|].
  eexists 1, _, true, 0, 0. split; [reflexivity|known].
Qed.
Theorem relaxed_pop_turn_races : ∃ s, reach (Orders (λ pop, if pop then Rlx else Sync) (λ _, Sync)) 1 s ∧ racy 1 s.
Proof.
  eexists. split; [unfold reach, init; push_then_claim; apply rtc_refl|].
  eexists 1, _, true, 0, 0. split; [reflexivity|known].
Qed.
Theorem relaxed_consumption_races : ∃ s, reach (Orders (λ _, Sync) (λ pop, if pop then Rlx else Sync)) 1 s ∧ racy 1 s.
Proof.
  eexists. split; [unfold reach, init; pop_then_claim; apply rtc_refl|].
  eexists 2, _, false, 1, 8. split; [reflexivity|known].
Qed.
Theorem relaxed_push_turn_races : ∃ s, reach (Orders (λ pop, if pop then Sync else Rlx) (λ _, Sync)) 1 s ∧ racy 1 s.
Proof.
  eexists. split; [unfold reach, init; pop_then_claim; apply rtc_refl|].
  eexists 2, _, false, 1, 8. split; [reflexivity|known].
Qed.
